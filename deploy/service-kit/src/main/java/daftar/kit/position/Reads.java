package daftar.kit.position;

import daftar.kit.problem.DatabaseFailure;
import daftar.kit.telemetry.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.Arc;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads that go to the replica and are never older than what the caller has seen.
 *
 * <p>A request that carries a position is served by the replica only once it has replayed that far,
 * else by the primary. A replica that is down, lags, hangs or cancels the query is not an error: the
 * primary serves. Which way a read went is counted, see {@link Meters#READS}.
 */
@Startup
@ApplicationScoped
public class Reads {

    /** A replica that answers later than this is as good as away. */
    private static final Duration REPLICA_LIMIT = Duration.ofSeconds(5);

    private static final Duration POLL = Duration.ofMillis(2);

    private final Pool primary;
    private final Replica replica;
    private final PositionFilter.OfRequest positions;
    private final Map<Route, Counter> counters = new EnumMap<>(Route.class);
    private final Duration wait;

    @Inject
    Reads(
            Pool primary,
            Replica replica,
            PositionFilter.OfRequest positions,
            MeterRegistry meters,
            @ConfigProperty(name = "daftar.replica.wait") Duration wait) {
        this.primary = primary;
        this.replica = replica;
        this.positions = positions;
        this.wait = wait;
        for (Route route : Route.values()) {
            counters.put(
                    route, meters.counter(Meters.READS, "route", route.name().toLowerCase(Locale.ROOT)));
        }
    }

    /**
     * Runs a query that changes nothing.
     *
     * @param query the query; it may be run twice, first on the replica and then on the primary
     */
    public <T> Uni<T> read(Function<SqlConnection, Uni<T>> query) {
        Optional<Position> seen = seen();
        if (!replica.isUsable()) {
            return onPrimary(query, Route.PRIMARY_REPLICA_UNUSABLE);
        }
        return replica.pool()
                .withConnection(connection -> onceReplayed(connection, seen, query))
                .ifNoItem()
                .after(REPLICA_LIMIT)
                .fail()
                .onFailure(DatabaseFailure::isTransient)
                .recoverWithUni(failure -> {
                    if (DatabaseFailure.sqlState(failure).isEmpty()) {
                        replica.dropOut(failure);
                    }
                    return onPrimary(query, Route.PRIMARY_REPLICA_FAILED).map(Answer::of);
                })
                .flatMap(answer -> {
                    if (answer == null) {
                        return onPrimary(query, Route.PRIMARY_REPLICA_BEHIND);
                    }
                    return Uni.createFrom().item(answer.value().orElse(null));
                });
    }

    /** The query's answer, or null where the replica has not replayed that far. */
    private <T> Uni<Answer<T>> onceReplayed(
            SqlConnection connection, Optional<Position> seen, Function<SqlConnection, Uni<T>> query) {
        Uni<Boolean> replayed = seen.isEmpty()
                ? Uni.createFrom().item(true)
                : replayed(connection, seen.get(), System.nanoTime() + wait.toNanos());
        return replayed.flatMap(enough -> enough
                ? query.apply(connection).map(Answer::of).invoke(() -> count(Route.REPLICA))
                : Uni.createFrom().nullItem());
    }

    /** Whether the replica has replayed that far by the deadline; asked anew every other millisecond. */
    private Uni<Boolean> replayed(SqlConnection connection, Position wanted, long deadline) {
        return replica.replayed(connection).chain(position -> {
            if (position.covers(wanted) || System.nanoTime() - deadline >= 0) {
                return Uni.createFrom().item(position.covers(wanted));
            }
            return Uni.createFrom()
                    .voidItem()
                    .onItem()
                    .delayIt()
                    .by(POLL)
                    .chain(() -> replayed(connection, wanted, deadline));
        });
    }

    private <T> Uni<T> onPrimary(Function<SqlConnection, Uni<T>> query, Route route) {
        return primary.withConnection(query).invoke(() -> count(route));
    }

    private Optional<Position> seen() {
        return Arc.container().requestContext().isActive() ? positions.seen() : Optional.empty();
    }

    private void count(Route route) {
        counters.get(route).increment();
    }

    /** The ways that a read can go, as the metric names them. */
    private enum Route {
        REPLICA,
        PRIMARY_REPLICA_BEHIND,
        PRIMARY_REPLICA_UNUSABLE,
        PRIMARY_REPLICA_FAILED
    }

    /** An answer that may itself be null, told apart from no answer. */
    private record Answer<T>(Optional<T> value) {
        static <T> Answer<T> of(T value) {
            return new Answer<>(Optional.ofNullable(value));
        }
    }
}
