package daftar.usage.quota;

import io.vertx.mutiny.sqlclient.Row;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;

/**
 * What a user may use in the present period, and what is left of it.
 *
 * @param periodStart inclusive
 * @param periodEnd exclusive
 * @param endsAt until when something can be reserved: period_end, or earlier where the subscription ends within the period
 * @param usageLimit hard: nothing is reserved beyond what is included; soft: it is
 * @param remainingTokens what is neither used nor reserved; 0 when more was used
 * @param remainingSpeechSeconds the same in seconds of speech
 * @param complete false for the moment in which usage of before the allowance was known is still being added
 */
public record Balance(
        UUID userId,
        UUID subscriptionId,
        String planName,
        Instant periodStart,
        Instant periodEnd,
        Instant endsAt,
        String usageLimit,
        long includedTokens,
        long usedTokens,
        long reservedTokens,
        long remainingTokens,
        long includedSpeechSeconds,
        long usedSpeechSeconds,
        long reservedSpeechSeconds,
        long remainingSpeechSeconds,
        boolean complete) {

    static Balance read(Row row) {
        return new Balance(
                row.getUUID("user_id"),
                row.getUUID("subscription_id"),
                row.getString("plan_name"),
                instant(row, "period_start"),
                instant(row, "period_end"),
                instant(row, "ends_at"),
                row.getString("usage_limit"),
                row.getLong("included_tokens"),
                row.getLong("used_tokens"),
                row.getLong("reserved_tokens"),
                remaining(row.getLong("included_tokens"), row.getLong("used_tokens"), row.getLong("reserved_tokens")),
                row.getLong("included_speech_seconds"),
                row.getLong("used_speech_seconds"),
                row.getLong("reserved_speech_seconds"),
                remaining(
                        row.getLong("included_speech_seconds"),
                        row.getLong("used_speech_seconds"),
                        row.getLong("reserved_speech_seconds")),
                row.getBoolean("complete"));
    }

    private static long remaining(long included, long used, long reserved) {
        return Math.max(0, included - used - reserved);
    }

    private static Instant instant(Row row, String column) {
        return row.get(OffsetDateTime.class, column).toInstant();
    }
}
