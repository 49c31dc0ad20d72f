package daftar.usage.log;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.UUID;

/** Rows that have left {@code usage_logs} for the archive, as far as questions to the log need them. */
public interface ArchivedUsageLogs {

    /**
     * What the archive has of a range.
     *
     * @param connection that was asked for the rows of {@code usage_logs} before: a row is never missing in both
     */
    Uni<InRange> in(SqlConnection connection, TimeRange range);

    /** The part of the archive that lies in one range. */
    interface InRange {

        /** Months of UTC that are archived, wholly or in part; oldest first. */
        List<YearMonth> months();

        /**
         * A user's rows in the range before a row, newest first. A row may be one that {@code usage_logs} still has.
         *
         * @param time of the row before which they lie
         * @param id of that row
         * @param notBefore rows before this time need not be looked for
         * @param limit as many rows are enough
         */
        Uni<Newest> newest(UUID userId, Instant time, UUID id, Instant notBefore, int limit);
    }

    /**
     * Rows, newest first.
     *
     * @param completeFrom older rows may exist that were not looked for, since enough files have been read; null when
     *     there are no others
     */
    record Newest(List<UsageLog> rows, @Nullable Instant completeFrom) {}
}
