package daftar.usage.log;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonRawValue;
import daftar.kit.page.Page.Cursor;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One row of {@code usage_logs}.
 *
 * @param id the event's id
 * @param costUsd US dollars with six decimals
 * @param metadata the producer's JSON object as it is stored
 */
record UsageLog(
        UUID id,
        UUID sessionId,
        String serviceName,
        int tokensUsed,
        int speechSeconds,
        Instant timestamp,

        @JsonFormat(shape = JsonFormat.Shape.STRING) @Schema(type = SchemaType.STRING, examples = "0.001250")
        BigDecimal costUsd,

        @JsonRawValue @Nullable @Schema(type = SchemaType.OBJECT)
        String metadata) {

    /** Where a list goes on after this row. */
    Cursor cursor() {
        return new Cursor(timestamp, id);
    }
}
