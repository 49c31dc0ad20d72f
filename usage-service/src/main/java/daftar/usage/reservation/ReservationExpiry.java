package daftar.usage.reservation;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Gives back what holds reserve whose time is over, and deletes reservations that have been closed for long. Usage that
 * comes after a hold expired is counted like any other.
 */
@Startup // its meter is there from the beginning
@ApplicationScoped
class ReservationExpiry {

    /** Holds that nobody settled or released in time. */
    static final String EXPIRED = "daftar_usage_reservations_expired_total";

    private static final Logger LOG = Logger.getLogger(ReservationExpiry.class);

    private static final int MOST = 500;

    /**
     * Holds that somebody else is at are left to him. The balances are locked after the holds, in the order of their
     * key, like everywhere.
     */
    private static final String EXPIRE = """
            WITH due AS MATERIALIZED (
                SELECT r.id
                FROM usage_reservations AS r
                WHERE r.state = 'held'
                  AND r.expires_at <= $1
                ORDER BY r.expires_at
                LIMIT %d
                FOR UPDATE OF r SKIP LOCKED
            ),
            expired AS (
                UPDATE usage_reservations AS r
                SET state = 'expired',
                    changed_at = $1
                FROM due AS d
                WHERE r.id = d.id
                RETURNING r.user_id, r.period_end, r.subscription_id, r.tokens, r.speech_seconds
            ),
            freed AS MATERIALIZED (
                SELECT e.user_id,
                       e.period_end,
                       e.subscription_id,
                       sum(e.tokens) AS tokens,
                       sum(e.speech_seconds) AS speech_seconds
                FROM expired AS e
                GROUP BY e.user_id, e.period_end, e.subscription_id
            ),
            locked AS MATERIALIZED (
                SELECT b.user_id
                FROM freed AS f
                JOIN usage_balances AS b USING (user_id, period_end, subscription_id)
                ORDER BY b.user_id, b.period_end, b.subscription_id
                FOR UPDATE OF b
            ),
            moved AS (
                UPDATE usage_balances AS b
                SET reserved_tokens = b.reserved_tokens - f.tokens,
                    reserved_speech_seconds = b.reserved_speech_seconds - f.speech_seconds
                FROM freed AS f
                WHERE b.user_id = f.user_id
                  AND b.period_end = f.period_end
                  AND b.subscription_id = f.subscription_id
                  AND (SELECT count(*) FROM locked) > 0
            )
            SELECT count(*) AS expired FROM expired
            """.formatted(MOST);

    private static final String FORGET = """
            DELETE FROM usage_reservations
            WHERE id IN (
                SELECT r.id
                FROM usage_reservations AS r
                WHERE r.state IN ('settled', 'released', 'expired')
                  AND r.changed_at < $1
                ORDER BY r.changed_at
                LIMIT 5000
                FOR UPDATE OF r SKIP LOCKED)
            """;

    private final Pool primary;
    private final Clock clock;
    private final Duration kept;
    private final Counter expired;

    @Inject
    ReservationExpiry(
            Pool primary,
            Clock clock,
            @ConfigProperty(name = "daftar.usage.reservations.keep") Duration kept,
            MeterRegistry meters) {
        this.primary = primary;
        this.clock = clock;
        this.kept = kept;
        this.expired = meters.counter(EXPIRED);
    }

    @Scheduled(
            every = "${daftar.usage.reservations.expire-every}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            skipExecutionIf = Scheduled.ApplicationNotRunning.class)
    Uni<Void> run() {
        return expire(clock.instant())
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "reservations expire later: %s", failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithItem(0L)
                .replaceWithVoid();
    }

    /** Expires what is over at this time; tells how many. */
    Uni<Long> expire(Instant time) {
        return primary.preparedQuery(EXPIRE)
                .execute(Tuple.of(time.atOffset(ZoneOffset.UTC)))
                .map(rows -> rows.iterator().next().getLong("expired"))
                .invoke(count -> expired.increment(count))
                .flatMap(count -> count < MOST
                        ? Uni.createFrom().item(count)
                        : expire(time).map(more -> count + more));
    }

    /** Deletes closed reservations some thousand at a time. */
    @Scheduled(
            every = "${daftar.usage.reservations.forget-every}",
            delayed = "${daftar.usage.reservations.forget-every}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> forget() {
        return primary.preparedQuery(FORGET)
                .execute(Tuple.of(clock.instant().minus(kept).atOffset(ZoneOffset.UTC)))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
