package daftar.usage.ingest;

import io.vertx.sqlclient.Tuple;
import jakarta.annotation.Nullable;

/**
 * What keeps batches in order that are sent to the same session one behind the other: the session remembers the last one, in
 * a setting that is undone with the transaction, and a statement that is sent behind a batch fails unless that one has been
 * written.
 */
final class SessionOrder {

    private SessionOrder() {}

    /**
     * A common table expression {@code turn} of one row; a statement begins with what it wants of it. Fails (22P02) where
     * the batch before has not been written.
     *
     * @param batch number of the parameter that names the batch; the one after it names the batch before
     */
    static String turn(int batch) {
        return """
            turn AS MATERIALIZED (
                SELECT set_config('daftar.batch', $%1$d::text, false) AS batch
                WHERE (CASE
                           WHEN coalesce(current_setting('daftar.batch', true) = $%2$d::text, $%2$d::text IS NULL) THEN '1'
                           ELSE 'the batch before has not been written'
                       END)::int = 1
            ),
            """.formatted(batch, batch + 1);
    }

    /**
     * The parameters of one attempt: a statement's columns, which stay as they are, and what {@link #turn} takes.
     *
     * @param before the batch that the same session must have written just before; null where it does not matter
     */
    static io.vertx.mutiny.sqlclient.Tuple with(Tuple columns, String batch, @Nullable String before) {
        return io.vertx.mutiny.sqlclient.Tuple.newInstance(
                UsageInsert.copy(columns).addString(batch).addString(before));
    }
}
