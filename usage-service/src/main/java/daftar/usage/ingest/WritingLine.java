package daftar.usage.ingest;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.concurrent.CompletableFuture;

/**
 * A connection on which a batch is sent while the one before is being written, so that the database need not wait for what
 * a client does between two batches. Goes back to the pool when a batch has ended and none is behind it.
 */
final class WritingLine {

    private final CompletableFuture<SqlConnection> connection;

    /** Completes with the connection when the last statement so far has been sent: what waits for it goes in turn. */
    private CompletableFuture<SqlConnection> sent;

    private int batches = 1;

    /** Begins a line with its first batch, which is to be written by {@link #execute}. */
    WritingLine(Pool pool) {
        this.connection = pool.getConnection().subscribeAsCompletionStage();
        this.sent = connection;
    }

    /** Adds a batch, which is to be written by {@link #execute}; false if the line has ended. */
    synchronized boolean join() {
        if (batches == 0) {
            return false;
        }
        batches++;
        return true;
    }

    /** Sends a batch's statement, after those that were given before; called, and its answer subscribed to, once a batch. */
    synchronized Uni<RowSet<Row>> execute(String statement, Tuple parameters) {
        CompletableFuture<RowSet<Row>> answer = new CompletableFuture<>();
        sent = sent.thenApply(open -> {
            open.preparedQuery(statement)
                    .execute(parameters)
                    .subscribe()
                    .with(answer::complete, answer::completeExceptionally);
            return open;
        });
        return Uni.createFrom()
                .completionStage(sent)
                .chain(() -> Uni.createFrom().completionStage(answer))
                .eventually(this::leave);
    }

    private synchronized Uni<Void> leave() {
        batches--;
        return batches > 0
                ? Uni.createFrom().voidItem()
                : Uni.createFrom()
                        .completionStage(connection)
                        .chain(SqlConnection::close)
                        // there is none to give back
                        .onFailure()
                        .recoverWithNull();
    }
}
