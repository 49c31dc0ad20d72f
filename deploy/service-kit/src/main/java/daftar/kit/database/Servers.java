package daftar.kit.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.annotation.Nullable;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * The servers of one cluster, of which one takes writes and any may become that one. Each new connection goes to whichever
 * has the wanted role at that moment (what libpq calls {@code target_session_attrs}). A connection need not be looked at
 * again: a server that takes writes keeps to that until it ends. A single server is taken as it is.
 */
final class Servers {

    private static final int LIMIT_MILLIS = 1_000;

    /** Null of a standby. Of two that take writes, one is outdated: the higher timeline is that of the later promotion. */
    private static final String TIMELINE = """
            SELECT CASE
                       WHEN NOT pg_is_in_recovery()
                           THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
                   END AS timeline
            """;

    private static final int STANDBY = 0;
    private static final int AWAY = -1;

    private final Vertx vertx;
    private final List<PgConnectOptions> servers;
    private final boolean writes;

    /** Asked by whoever wants a connection meanwhile, too. */
    @Nullable
    private Future<SqlConnectOptions> asking;

    /**
     * Asks nothing yet.
     *
     * @param writes whether the server that takes writes is wanted, or one that does not
     */
    Servers(Vertx vertx, List<PgConnectOptions> servers, boolean writes) {
        this.vertx = vertx;
        this.servers = List.copyOf(servers);
        this.writes = writes;
    }

    /** The server to connect to; fails, within a second or two, while none has the role. */
    synchronized Future<SqlConnectOptions> find() {
        if (servers.size() == 1) {
            return Future.succeededFuture(servers.get(0));
        }
        if (asking != null) {
            return asking;
        }
        Future<SqlConnectOptions> answer =
                Future.all(servers.stream().map(this::timeline).toList()).map(all -> choose(all.list()));
        asking = answer;
        // perhaps at once
        answer.onComplete(done -> answered());
        return answer;
    }

    private synchronized void answered() {
        asking = null;
    }

    private Future<Integer> timeline(PgConnectOptions server) {
        PgConnectOptions soon = new PgConnectOptions(server);
        soon.setConnectTimeout(LIMIT_MILLIS);
        return PgConnection.connect(vertx, soon)
                .compose(connection -> connection
                        .query(TIMELINE)
                        .execute()
                        .map(rows -> rows.iterator().next().getInteger("timeline"))
                        .map(timeline -> timeline == null ? STANDBY : timeline)
                        .timeout(LIMIT_MILLIS, TimeUnit.MILLISECONDS)
                        .eventually(() -> connection.close()))
                .timeout(2 * LIMIT_MILLIS, TimeUnit.MILLISECONDS)
                .otherwise(AWAY);
    }

    private SqlConnectOptions choose(List<Integer> timelines) {
        int[] wanted = IntStream.range(0, timelines.size())
                .filter(server -> writes ? timelines.get(server) > STANDBY : timelines.get(server) == STANDBY)
                .toArray();
        return IntStream.of(wanted)
                .boxed()
                .max((one, other) -> Integer.compare(timelines.get(one), timelines.get(other)))
                .map(servers::get)
                .orElseThrow(
                        () -> new VertxException(writes ? "no server takes writes" : "no server is a standby", true));
    }
}
