package daftar.usage.correction;

import jakarta.annotation.Nullable;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What is to be put right.
 *
 * @param eventId an event that has counted, as {@code /usage/logs} lists it
 * @param kind void: it no longer counts, and no amount is given; adjust: the amounts are added
 * @param tokensUsed what is added, usually negative; null for 0
 * @param speechSeconds what is added, usually negative; null for 0
 * @param costUsd what is added in US dollars, as in -0.001250; null for 0
 * @param reason why; no personal data
 */
record NewCorrection(
        @NotNull UUID eventId,
        @NotNull Kind kind,
        @Nullable @Min(-Integer.MAX_VALUE) Integer tokensUsed,
        @Nullable @Min(-Integer.MAX_VALUE) Integer speechSeconds,

        @Nullable @Pattern(regexp = "-?[0-9]{1,4}(\\.[0-9]{1,6})?") @Schema(examples = "-0.001250")
        String costUsd,

        @NotBlank @Size(max = UsageCorrected.REASON_LENGTH) @Pattern(regexp = "[^\\x00]*")
        String reason) {}
