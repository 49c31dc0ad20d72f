package daftar.usage.quota;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Adds to new balances what was counted before they were there.
 *
 * <p>A statement that counts usage adds to the balances that its snapshot shows. One that began before a balance was
 * committed adds nothing to it, and may itself commit later. So a balance is committed incomplete first. Then all
 * statements that might not have seen it are waited for: those that hold the roll-ups' lock at that moment, since a
 * statement takes its locks first and its snapshot after. A look at transaction ids would miss one that has its
 * snapshot and no id yet. Once they are over, one snapshot shows everything that the balance lacks. Nobody waits but
 * this.
 */
@ApplicationScoped
class BalanceCompletion {

    private static final Logger LOG = Logger.getLogger(BalanceCompletion.class);
    private static final Duration POLL = Duration.ofMillis(5);

    /** Then it is left to the next look. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private static final int MOST = 1_000;

    private static final String INCOMPLETE = """
            SELECT array_agg(b.user_id) AS user_ids,
                   array_agg(b.period_end) AS period_ends,
                   array_agg(b.subscription_id) AS subscription_ids,
                   count(*) AS incomplete
            FROM (
                SELECT u.user_id, u.period_end, u.subscription_id
                FROM usage_balances AS u
                WHERE NOT u.complete
                LIMIT %d
            ) AS b
            """.formatted(MOST);

    /** As their virtual ids, which a transaction has from its first moment. */
    private static final String COUNTING = """
            SELECT array_agg(l.virtualtransaction) AS counting
            FROM pg_locks AS l
            WHERE l.locktype = 'relation'
              AND l.relation = 'usage_rollups'::regclass
              AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
              AND l.mode = 'RowExclusiveLock'
              AND l.granted
              AND ($1::text[] IS NULL OR l.virtualtransaction = ANY ($1))
            """;

    private static final String COMPLETE =
            """
            WITH chosen AS (
                SELECT b.*
                FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) AS k (user_id, period_end, subscription_id)
                JOIN usage_balances AS b USING (user_id, period_end, subscription_id)
                WHERE NOT b.complete
            ),
            """ + BalanceDifference.OF_CHOSEN + BalanceUpdate.OF_CHANGE.formatted("difference", "true") + """
            SELECT count(*) AS completed FROM moved
            """;

    private final Pool primary;

    @Inject
    BalanceCompletion(Pool primary) {
        this.primary = primary;
    }

    /** Completes what is incomplete; a failure is left to the next look. */
    @Scheduled(
            every = "${daftar.usage.balances.complete-every}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            skipExecutionIf = Scheduled.ApplicationNotRunning.class)
    Uni<Void> completeSoon() {
        return complete()
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "balances are completed later: %s", failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    /** Completes the balances that are committed by now, up to 1,000 at a time. */
    Uni<Void> complete() {
        return primary.query(INCOMPLETE)
                .execute()
                .map(rows -> rows.iterator().next())
                .flatMap(incomplete -> incomplete.getLong("incomplete") == 0
                        ? Uni.createFrom().voidItem()
                        : counting(null)
                                .chain(counting -> untilOver(counting, System.nanoTime() + LONGEST_WAIT.toNanos()))
                                .chain(() -> primary.withTransaction(connection -> complete(connection, incomplete)))
                                .chain(() -> incomplete.getLong("incomplete") < MOST
                                        ? Uni.createFrom().voidItem()
                                        : complete()));
    }

    /** Which of them still count; of all where none are named. Null where nobody does. */
    private Uni<String[]> counting(String[] of) {
        return primary.preparedQuery(COUNTING)
                .execute(Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple().addArrayOfString(of)))
                .map(rows -> rows.iterator().next().getArrayOfStrings("counting"));
    }

    private Uni<Void> untilOver(String[] counting, long deadline) {
        if (counting == null) {
            return Uni.createFrom().voidItem();
        }
        if (System.nanoTime() - deadline >= 0) {
            return Uni.createFrom().failure(new IllegalStateException("usage is being counted for too long"));
        }
        return Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .by(POLL)
                .chain(() -> counting(counting))
                .chain(still -> untilOver(still, deadline));
    }

    private static Uni<Void> complete(SqlConnection connection, Row incomplete) {
        Tuple keys = Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(incomplete.getArrayOfUUIDs("user_ids"))
                .addArrayOfOffsetDateTime(incomplete.getArrayOfOffsetDateTimes("period_ends"))
                .addArrayOfUUID(incomplete.getArrayOfUUIDs("subscription_ids")));
        return connection
                .query(BalanceDifference.LOCK)
                .execute()
                .chain(() -> connection.preparedQuery(COMPLETE).execute(keys))
                .replaceWithVoid();
    }
}
