package daftar.retention;

import daftar.retention.Schedule.Entry;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * The statements of one table of the schedule.
 *
 * <p>A batch and its line in {@code retention_runs} are committed together, so the report says what went, also after a kill
 * between two batches. One instance works at a table at a time.
 */
final class Deletion {

    private static final String LOCK = """
            SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.retention ' || $1::text, 0)) AS mine
            """;

    /** By place, not by key: any table has one. A row that somebody changes meanwhile has another place, and stays. */
    private static final String DELETE = """
            DELETE FROM %1$s
            WHERE ctid = ANY (ARRAY(
                SELECT t.ctid
                FROM %1$s AS t
                WHERE t.%2$s < $1::timestamptz
                  AND (%3$s)
                LIMIT $2))
            """;

    /** A day's runs are one line. It is finished once a run of the day found no more. */
    private static final String TELL = """
            INSERT INTO retention_runs AS r (table_name, run_on, deleted_rows, began_at, finished_at)
            VALUES ($1, $2, $3, $4::timestamptz, CASE WHEN $5 THEN $4::timestamptz END)
            ON CONFLICT (table_name, run_on) DO UPDATE
            SET deleted_rows = r.deleted_rows + excluded.deleted_rows,
                finished_at = excluded.finished_at
            """;

    private static final String OLDEST = """
            SELECT min(t.%2$s)::timestamptz AS oldest
            FROM %1$s AS t
            WHERE t.%2$s < $1::timestamptz
              AND (%3$s)
            """;

    private final Entry entry;
    private final String delete;
    private final String oldest;

    Deletion(Entry entry) {
        this.entry = entry;
        this.delete = sql(DELETE, entry);
        this.oldest = sql(OLDEST, entry);
    }

    /** An entry is part of the program, as its migrations are: its texts are SQL, and nobody's input. */
    private static String sql(String statement, Entry entry) {
        return statement.formatted(entry.table(), entry.clock(), entry.only() == null ? "true" : entry.only());
    }

    /**
     * Deletes up to so many rows, in the transaction of the connection.
     *
     * @return how many; 0 as well when another instance is at this table
     */
    Uni<Integer> batch(SqlConnection connection, Instant now, int rows) {
        return connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(entry.table()))
                .flatMap(locked -> locked.iterator().next().getBoolean("mine")
                        ? connection
                                .preparedQuery(delete)
                                .execute(Tuple.of(entry.limit(now), rows))
                                .map(deleted -> deleted.rowCount())
                                .call(deleted -> tell(connection, now, deleted, deleted < rows))
                        : Uni.createFrom().item(0));
    }

    private Uni<?> tell(SqlConnection connection, Instant now, int deleted, boolean finished) {
        OffsetDateTime time = now.atOffset(ZoneOffset.UTC);
        return connection
                .preparedQuery(TELL)
                .execute(Tuple.of(entry.table(), time.toLocalDate(), (long) deleted, time, finished));
    }

    /** The clock of the oldest row that is past its period. */
    Uni<Optional<OffsetDateTime>> oldest(SqlConnection connection, Instant now) {
        return connection
                .preparedQuery(oldest)
                .execute(Tuple.of(entry.limit(now)))
                .map(rows -> Optional.ofNullable(rows.iterator().next().getOffsetDateTime("oldest")));
    }
}
