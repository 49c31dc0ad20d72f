package daftar.usage.price;

import com.fasterxml.jackson.annotation.JsonFormat;
import daftar.kit.page.Page.Cursor;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One version of a price, as recorded.
 *
 * @param model null for the service's price for any model that has none of its own
 * @param usdPerMillion US dollars for a million units, with six decimals
 * @param effectiveFrom when it begins; it ends where the next version of the same service, model and unit begins
 * @param actor who recorded it
 */
record Price(
        UUID id,
        String serviceName,
        @Nullable String model,
        Unit unit,

        @JsonFormat(shape = JsonFormat.Shape.STRING) @Schema(type = SchemaType.STRING, examples = "2.500000")
        BigDecimal usdPerMillion,

        Instant effectiveFrom,
        String actor,
        Instant recordedAt) {

    /** Where a list goes on after this version. */
    Cursor cursor() {
        return new Cursor(effectiveFrom, id);
    }
}
