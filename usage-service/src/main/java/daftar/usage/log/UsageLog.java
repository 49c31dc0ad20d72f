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
 * @param model the language or speech model; null where the event names none
 * @param inputTokens the part of the tokens that the model read; null where the event does not tell
 * @param outputTokens the part that it wrote; null where the event does not tell
 * @param corrected what corrections add to the row, which itself stays as it was counted; null where there are none
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

        @Nullable String model,
        @Nullable Integer inputTokens,
        @Nullable Integer outputTokens,
        @Nullable Corrected corrected,

        @JsonRawValue @Nullable @Schema(type = SchemaType.OBJECT)
        String metadata) {

    /**
     * The sum of a row's corrections.
     *
     * @param voided whether the event no longer counts; then nothing is left of its amounts
     * @param costUsd US dollars with six decimals
     */
    public record Corrected(
            boolean voided,
            long tokensUsed,
            long speechSeconds,

            @JsonFormat(shape = JsonFormat.Shape.STRING) @Schema(type = SchemaType.STRING, examples = "-0.001250")
            BigDecimal costUsd) {}
    /** The order of lists: by time, then by id as PostgreSQL orders it. */
    public static final Comparator<UsageLog> NEWEST_FIRST = Comparator.comparing(UsageLog::timestamp)
            .thenComparing(UsageLog::id, UsageLog::compareIds)
            .reversed();

    /** Byte by byte, unsigned, as PostgreSQL and Parquet order UUIDs; {@link UUID#compareTo} does not. */
    public static int compareIds(UUID a, UUID b) {
        int high = Long.compareUnsigned(a.getMostSignificantBits(), b.getMostSignificantBits());
        return high != 0 ? high : Long.compareUnsigned(a.getLeastSignificantBits(), b.getLeastSignificantBits());
    }

    UsageLog with(@Nullable Corrected sum) {
        return new UsageLog(
                id,
                sessionId,
                serviceName,
                tokensUsed,
                speechSeconds,
                timestamp,
                costUsd,
                model,
                inputTokens,
                outputTokens,
                sum,
                metadata);
    }

    /** Where a list goes on after this row. */
    Cursor cursor() {
        return new Cursor(timestamp, id);
    }
}
