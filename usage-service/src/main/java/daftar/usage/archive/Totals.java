package daftar.usage.archive;

import com.fasterxml.jackson.annotation.JsonFormat;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * What tells one set of rows from another, whatever their order.
 *
 * @param costUsd US dollars
 * @param earliest the first row's time in UTC, null without rows
 * @param latest the last row's, null without rows
 * @param checksum the sum, modulo 2^64 each, of both halves of 16 bytes of SHA-256 over each row; in hexadecimal
 */
record Totals(
        long rows,
        long tokensUsed,
        long speechSeconds,
        @JsonFormat(shape = JsonFormat.Shape.STRING) BigDecimal costUsd,
        @Nullable LocalDateTime earliest,
        @Nullable LocalDateTime latest,
        String checksum) {

    private static final int COST_DECIMALS = 6;

    /** Adds rows up. */
    static final class Adding {

        private final MessageDigest sha256 = sha256();
        private long rows;
        private long tokensUsed;
        private long speechSeconds;
        private BigDecimal costUsd = BigDecimal.ZERO.setScale(COST_DECIMALS);
        private LocalDateTime earliest;
        private LocalDateTime latest;
        private long high;
        private long low;

        /**
         * One more row.
         *
         * @param keyId whose row it is, by the key of the archive; null for a user who has none, whose row is then
         *     counted and equal to no row in a file
         */
        void add(@Nullable UUID keyId, ArchivedRow row) {
            rows++;
            tokensUsed += row.tokensUsed() == null ? 0 : row.tokensUsed();
            speechSeconds += row.speechSeconds() == null ? 0 : row.speechSeconds();
            costUsd = row.costUsd() == null ? costUsd : costUsd.add(row.costUsd());
            earliest = earliest == null || row.timestamp().isBefore(earliest) ? row.timestamp() : earliest;
            latest = latest == null || row.timestamp().isAfter(latest) ? row.timestamp() : latest;
            if (keyId != null) {
                sha256.update(ByteBuffer.allocate(3 * Long.BYTES)
                        .putLong(keyId.getMostSignificantBits())
                        .putLong(keyId.getLeastSignificantBits())
                        .putLong(micros(row.timestamp()))
                        .array());
                ByteBuffer digest = ByteBuffer.wrap(sha256.digest(row.content()));
                high += digest.getLong();
                low += digest.getLong();
            }
        }

        Totals totals() {
            return new Totals(
                    rows, tokensUsed, speechSeconds, costUsd, earliest, latest, "%016x%016x".formatted(high, low));
        }
    }

    /** Microseconds since 1970 of a time in UTC. */
    static long micros(LocalDateTime timestamp) {
        return ChronoUnit.MICROS.between(LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC), timestamp);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
