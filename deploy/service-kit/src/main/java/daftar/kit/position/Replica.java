package daftar.kit.position;

import daftar.kit.telemetry.Meters;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The read replica and whether it may be read from. It drops out when it cannot be reached or lags too
 * far behind the primary, and returns by itself: the state is found out anew every second.
 */
@Startup
@ApplicationScoped
class Replica {

    private static final Logger LOG = Logger.getLogger(Replica.class);
    private static final Duration PROBE_LIMIT = Duration.ofMillis(900);

    /**
     * {@code pg_control_checkpoint} is the only source of a standby's timeline that needs no privilege.
     * It follows a promotion with the next restart point: until then positions of the new timeline are
     * served by the primary.
     */
    private static final String REPLAYED = """
            SELECT (pg_control_checkpoint()).timeline_id AS timeline,
                   coalesce(pg_last_wal_replay_lsn(), pg_current_wal_lsn()) - '0/0'::pg_lsn AS lsn
            """;

    /** A server that was promoted keeps its connections: they end here, and the next ones find the new replica. */
    private static final String LEAVE_A_PRIMARY =
            "SELECT pg_terminate_backend(pg_backend_pid()) WHERE NOT pg_is_in_recovery()";

    private final Pool primary;
    private final Pool replica;
    private final boolean severalServers;
    private final long lagLimit;
    private final Clock clock;
    private volatile boolean usable;
    private volatile long lag;
    /** What the primary had at an earlier probe, and the replica had not yet at any since; and when. */
    private volatile Awaited awaited;

    @Inject
    Replica(
            Pool primary,
            @ReactiveDataSource("ro") Pool replica,
            @ConfigProperty(name = "daftar.replica.url") List<String> addresses,
            @ConfigProperty(name = "daftar.replica.lag-limit-bytes") long lagLimit,
            Clock clock,
            MeterRegistry meters) {
        this.primary = primary;
        this.replica = replica;
        this.severalServers = addresses.size() > 1;
        this.lagLimit = lagLimit;
        this.clock = clock;
        this.awaited = new Awaited(null, clock.instant());
        meters.gauge(Meters.REPLICA_USABLE, this, self -> self.usable ? 1 : 0);
        meters.gauge(Meters.REPLICA_LAG_BYTES, this, self -> self.lag);
        meters.gauge(Meters.REPLICA_LAG_SECONDS, this, self -> self.awaited.age(clock.instant()));
    }

    boolean isUsable() {
        return usable;
    }

    Pool pool() {
        return replica;
    }

    /** How far the replica behind this connection has replayed. */
    Uni<Position> replayed(SqlConnection connection) {
        return connection
                .preparedQuery(REPLAYED)
                .execute()
                .map(rows -> Position.of(rows.iterator().next()));
    }

    /** The same, of a connection that leads to a replica, as those do that are made anew. */
    private Uni<Position> replayedByReplica(SqlConnection connection) {
        return severalServers
                ? connection.query(LEAVE_A_PRIMARY).execute().chain(() -> replayed(connection))
                : replayed(connection);
    }

    /** Called when a read found the replica broken: nobody else need find out the same way. */
    void dropOut(Throwable cause) {
        if (usable) {
            usable = false;
            LOG.warnf("replica dropped out: %s", cause.getClass().getSimpleName());
        }
    }

    @Scheduled(every = "${daftar.replica.probe-every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> probe() {
        return Uni.combine()
                .all()
                .unis(replica.withConnection(this::replayedByReplica), primary.withConnection(Writes::position))
                .asTuple()
                .ifNoItem()
                .after(PROBE_LIMIT)
                .fail()
                .onItem()
                .invoke(both -> judge(both.getItem1(), both.getItem2()))
                .onFailure()
                .invoke(this::dropOut)
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private void judge(Position replayed, Position current) {
        lag = Math.max(0, current.lsn() - replayed.lsn());
        if (awaited.position() == null || replayed.covers(awaited.position())) {
            awaited = new Awaited(current, clock.instant());
        }
        boolean before = usable;
        usable = lag <= lagLimit;
        if (before != usable) {
            LOG.infof("replica %s: %d bytes behind", usable ? "is read from" : "dropped out", lag);
        }
    }

    private record Awaited(@Nullable Position position, Instant since) {
        double age(Instant now) {
            return Duration.between(since, now).toMillis() / 1000.0;
        }
    }
}
