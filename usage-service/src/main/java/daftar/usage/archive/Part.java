package daftar.usage.archive;

import jakarta.annotation.Nullable;
import java.time.LocalDate;
import java.time.OffsetDateTime;

/**
 * One part of the archive, a row of {@code usage_archives}.
 *
 * @param month its first day
 * @param number from 1
 * @param partitionName the table that holds the rows until {@link State#DROPPED}
 * @param manifest of the last upload, null before it
 * @param verifiedManifest of the last upload that was verified: what can be read
 * @param failure why the last attempt failed
 * @param detachedAt when the table left {@code usage_logs}
 */
record Part(
        LocalDate month,
        int number,
        String partitionName,
        State state,
        int attempt,
        @Nullable Manifest manifest,
        @Nullable Manifest verifiedManifest,
        @Nullable String failure,
        @Nullable OffsetDateTime detachedAt,
        OffsetDateTime changedAt) {

    /** What is done; each is kept before the next step begins. */
    enum State {
        /** The part's table is chosen. */
        SEALED,
        /** Its files and their manifest are in S3. */
        UPLOADED,
        /** They were read back and are equal to the table's rows. */
        VERIFIED,
        /** The table has left {@code usage_logs}. */
        DETACHED,
        /** It is gone. */
        DROPPED;

        String column() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        static State of(String column) {
            return valueOf(column.toUpperCase(java.util.Locale.ROOT));
        }
    }

    /** Where the manifest of this attempt lies. */
    String manifestKey() {
        return prefix() + attempt + ".manifest.json";
    }

    /** Where one of its files lies. */
    String fileKey(int file) {
        return prefix() + attempt + ".file-" + file + ".parquet";
    }

    /** What the keys of all attempts begin with, and no other part's. */
    String prefix() {
        return "%s/v=%d/year=%d/month=%02d/part-%d.attempt-"
                .formatted(Manifest.TABLE, Manifest.SCHEMA_VERSION, month.getYear(), month.getMonthValue(), number);
    }

    @Override
    public String toString() {
        return "%d-%02d part %d attempt %d".formatted(month.getYear(), month.getMonthValue(), number, attempt);
    }
}
