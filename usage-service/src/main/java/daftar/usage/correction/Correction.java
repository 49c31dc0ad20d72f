package daftar.usage.correction;

import com.fasterxml.jackson.annotation.JsonFormat;
import daftar.kit.page.Page.Cursor;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One row of {@code usage_corrections}. The amounts are what is added, usually negative.
 *
 * @param eventId the event that is corrected
 * @param serviceName the corrected event's
 * @param timestamp the corrected event's, the time that the change counts at
 * @param events -1 or 0
 * @param costUsd US dollars with six decimals
 * @param actor who corrected it
 * @param reason why, in the actor's words
 */
record Correction(
        UUID id,
        UUID eventId,
        Kind kind,
        String serviceName,
        Instant timestamp,
        int events,
        int tokensUsed,
        int speechSeconds,

        @JsonFormat(shape = JsonFormat.Shape.STRING) @Schema(type = SchemaType.STRING, examples = "-0.001250")
        BigDecimal costUsd,

        String actor,
        String reason,
        Instant recordedAt) {

    /** Where a list goes on after this row. */
    Cursor cursor() {
        return new Cursor(recordedAt, id);
    }
}
