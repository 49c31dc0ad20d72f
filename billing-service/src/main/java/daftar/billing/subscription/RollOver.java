package daftar.billing.subscription;

import static daftar.billing.subscription.SubscriptionRow.offset;
import static daftar.billing.subscription.SubscriptionRow.utc;

import daftar.billing.subscription.SubscriptionEvents.Change;
import daftar.kit.outbox.Outbox;
import daftar.kit.position.Writes;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;

/**
 * Brings the table after the calendar: ends subscriptions that were cancelled to the end of a period that
 * is over, and moves {@code next_billing_date} of the others to their next period. Answers do not wait
 * for it, see {@link Subscription#asOf}.
 */
@ApplicationScoped
class RollOver {

    private static final Logger LOG = Logger.getLogger(RollOver.class);

    /** Rows that another instance ends are left to it. */
    private static final String END = """
            UPDATE subscriptions AS s
            SET status = 'canceled', canceled_at = s.ends_at, version = s.version + 1
            WHERE s.id IN (
                SELECT o.id
                FROM subscriptions AS o
                WHERE o.status = 'active'
                  AND o.ends_at <= $1
                ORDER BY o.ends_at
                LIMIT 1000
                FOR UPDATE OF o SKIP LOCKED)
            RETURNING\s""" + SubscriptionRow.COLUMNS;

    /** Rows that another instance rolls over are left to it. */
    private static final String DUE = "SELECT " + SubscriptionRow.COLUMNS + """
            FROM subscriptions AS s
            WHERE s.status = 'active'
              AND s.next_billing_date <= $1
            ORDER BY s.next_billing_date
            LIMIT 1000
            FOR UPDATE OF s SKIP LOCKED
            """;

    private static final String MOVE = """
            UPDATE subscriptions AS s
            SET next_billing_date = m.next_billing_date, version = s.version + 1
            FROM unnest($1::uuid[], $2::timestamp[]) AS m (id, next_billing_date)
            WHERE s.id = m.id
            """;

    private final Writes writes;
    private final Outbox outbox;
    private final Clock clock;

    @Inject
    RollOver(Writes writes, Outbox outbox, Clock clock) {
        this.writes = writes;
        this.outbox = outbox;
        this.clock = clock;
    }

    @Scheduled(every = "${daftar.billing.roll-over.every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> run() {
        return upTo(clock.instant())
                .onFailure()
                .invoke(failure ->
                        LOG.warnf("roll-over is put off: %s", failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull();
    }

    /** Ends and moves what is due at this time, up to 1,000 of each, and tells of it. */
    Uni<Void> upTo(Instant time) {
        Instant now = time.truncatedTo(ChronoUnit.MICROS);
        return writes.writeSql(connection -> connection
                .preparedQuery(END)
                .execute(Tuple.of(offset(now)))
                .map(ended -> SubscriptionEvents.changed(ended, Change.CANCELED, now))
                .flatMap(ended -> connection
                        .preparedQuery(DUE)
                        .execute(Tuple.of(utc(now)))
                        .flatMap(due -> move(connection, due, now))
                        .flatMap(moved -> outbox.append(
                                connection,
                                Stream.concat(ended.stream(), moved.stream()).toList()))));
    }

    private static Uni<List<Outbox.Event>> move(SqlConnection connection, RowSet<Row> due, Instant now) {
        List<Subscription> moved = StreamSupport.stream(due.spliterator(), false)
                .map(row -> SubscriptionRow.read(row).asOf(now))
                .toList();
        UUID[] ids = moved.stream().map(Subscription::id).toArray(UUID[]::new);
        LocalDateTime[] next =
                moved.stream().map(after -> utc(after.nextBillingDate())).toArray(LocalDateTime[]::new);
        return connection
                .preparedQuery(MOVE)
                .execute(Tuple.newInstance(
                        io.vertx.sqlclient.Tuple.tuple().addArrayOfUUID(ids).addArrayOfLocalDateTime(next)))
                .replaceWith(moved.stream()
                        .map(after -> SubscriptionEvents.changed(after, Change.RENEWED, now))
                        .toList());
    }
}
