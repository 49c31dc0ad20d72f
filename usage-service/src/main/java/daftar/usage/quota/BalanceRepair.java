package daftar.usage.quota;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Proves that balances equal the roll-ups and the reservations, and makes them equal where they do not: after a release
 * without balances ran beside this one, or after a repair of the roll-ups. Usage goes on being counted meanwhile.
 */
@Startup // its meter is there from the beginning
@ApplicationScoped
class BalanceRepair {

    /** Balances whose sums differed. */
    static final String REPAIRED = "daftar_usage_balances_repaired_total";

    private static final Logger LOG = Logger.getLogger(BalanceRepair.class);

    /** Late events reach back; what is over for longer than this stays as it is. */
    private static final Duration OVER_FOR = Duration.ofDays(35);

    private static final UUID FIRST = new UUID(0, 0);

    /** Users in the order of their ids, some hundred at a time. */
    private static final String REPAIR = """
            WITH page AS MATERIALIZED (
                SELECT DISTINCT b.user_id
                FROM usage_balances AS b
                WHERE b.user_id > $1
                ORDER BY b.user_id
                LIMIT 500
            ),
            chosen AS (
                SELECT b.*
                FROM page AS p
                JOIN usage_balances AS b ON b.user_id = p.user_id
                WHERE b.complete
                  AND b.period_end > $2
            ),
            """
            + BalanceDifference.OF_CHOSEN
            + """
            different AS MATERIALIZED (
                SELECT d.user_id,
                       d.period_end,
                       d.subscription_id,
                       d.used_tokens,
                       d.used_speech_seconds,
                       d.reserved_tokens,
                       d.reserved_speech_seconds
                FROM difference AS d
                WHERE (d.used_tokens, d.used_speech_seconds, d.reserved_tokens, d.reserved_speech_seconds) <> (0, 0, 0, 0)
            ),
            """
            + BalanceUpdate.OF_CHANGE.formatted("different", "b.complete") + """
            SELECT (SELECT count(*) FROM moved) AS repaired,
                   (SELECT p.user_id FROM page AS p ORDER BY p.user_id DESC LIMIT 1) AS last
            """;

    private final Pool primary;
    private final Clock clock;
    private final Counter repaired;

    @Inject
    BalanceRepair(Pool primary, Clock clock, MeterRegistry meters) {
        this.primary = primary;
        this.clock = clock;
        this.repaired = meters.counter(REPAIRED);
    }

    /** Compares the balances of all users, some hundred in a transaction; tells how many differed. */
    Uni<Long> repair() {
        return after(FIRST, clock.instant().minus(OVER_FOR), 0);
    }

    private Uni<Long> after(UUID user, Instant since, long before) {
        return primary.withTransaction(connection -> page(connection, user, since))
                .invoke(page -> repaired.increment(page.getLong("repaired")))
                .flatMap(page -> {
                    long all = before + page.getLong("repaired");
                    UUID last = page.getUUID("last");
                    return last == null ? Uni.createFrom().item(all) : after(last, since, all);
                });
    }

    private static Uni<Row> page(SqlConnection connection, UUID user, Instant since) {
        return connection
                .query(BalanceDifference.LOCK)
                .execute()
                .chain(() -> connection.preparedQuery(REPAIR).execute(Tuple.of(user, since.atOffset(ZoneOffset.UTC))))
                .map(rows -> rows.iterator().next());
    }

    /** In the night, after the roll-ups were compared with the rows. */
    @Scheduled(cron = "${daftar.usage.balances.repair.cron}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> repairAll() {
        return repair().invoke(differed -> {
                    if (differed > 0) {
                        LOG.warnf("%d balances differed from the roll-ups and are repaired", differed);
                    }
                })
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "the balances are not compared tonight: %s",
                        failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
