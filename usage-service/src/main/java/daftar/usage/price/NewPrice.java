package daftar.usage.price;

import jakarta.annotation.Nullable;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A version of a price that is to begin.
 *
 * @param model null for the service's price for any model that has none of its own
 * @param usdPerMillion US dollars for a million units: at most 6 digits before and 6 after the point
 * @param effectiveFrom at least {@code daftar.usage.prices.lead} ahead, kept to the microsecond
 */
record NewPrice(
        @NotBlank @Size(max = 50) @Pattern(regexp = "[^\\x00]*")
        String serviceName,

        @Nullable @Size(min = 1, max = 100) @Pattern(regexp = "[^\\x00]*\\S[^\\x00]*")
        String model,

        @NotNull Unit unit,

        @NotNull @Pattern(regexp = "[0-9]{1,6}(\\.[0-9]{1,6})?") @Schema(examples = "2.50")
        String usdPerMillion,

        @NotNull Instant effectiveFrom) {}
