package daftar.usage.log;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonRawValue;
import daftar.kit.page.Page.Cursor;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Comparator;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One row of {@code usage_logs}, in the database or in the archive.
 *
 * @param id the event's id
 * @param costUsd US dollars with six decimals
 * @param metadata the producer's JSON object as it is stored
 */
public record UsageLog(
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

    /** The order of lists: by time, then by id as PostgreSQL orders it. */
    public static final Comparator<UsageLog> NEWEST_FIRST = Comparator.comparing(UsageLog::timestamp)
            .thenComparing(UsageLog::id, UsageLog::compareIds)
            .reversed();

    /** Byte by byte, unsigned, as PostgreSQL and Parquet order UUIDs; {@link UUID#compareTo} does not. */
    public static int compareIds(UUID a, UUID b) {
        int high = Long.compareUnsigned(a.getMostSignificantBits(), b.getMostSignificantBits());
        return high != 0 ? high : Long.compareUnsigned(a.getLeastSignificantBits(), b.getLeastSignificantBits());
    }

    /** Where a list goes on after this row. */
    Cursor cursor() {
        return new Cursor(timestamp, id);
    }
}
