package daftar.billing.subscription;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
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

    private static final String END = """
            UPDATE subscriptions AS s
            SET status = 'canceled', canceled_at = s.ends_at, version = s.version + 1
            WHERE s.status = 'active'
              AND s.ends_at <= $1
            """;

    /** Rows that another instance rolls over are left to it. */
    private static final String DUE = """
            SELECT s.id, s.anchor_date, s.billing_cycle, s.time_zone
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

    private final Pool primary;
    private final Clock clock;

    @Inject
    RollOver(Pool primary, Clock clock) {
        this.primary = primary;
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

    /** Ends and moves what is due at this time. */
    Uni<Void> upTo(Instant now) {
        return primary.withTransaction(connection -> connection
                .preparedQuery(END)
                .execute(Tuple.of(now.atOffset(ZoneOffset.UTC)))
                .chain(() -> connection.preparedQuery(DUE).execute(Tuple.of(utc(now))))
                .chain(due -> move(connection, due, now)));
    }

    private static Uni<Void> move(SqlConnection connection, RowSet<Row> due, Instant now) {
        if (due.size() == 0) {
            return Uni.createFrom().voidItem();
        }
        List<Row> rows = StreamSupport.stream(due.spliterator(), false).toList();
        UUID[] ids = rows.stream().map(row -> row.getUUID("id")).toArray(UUID[]::new);
        LocalDateTime[] next = rows.stream()
                .map(row -> utc(calendar(row).periodAt(now).endsAt()))
                .toArray(LocalDateTime[]::new);
        return connection
                .preparedQuery(MOVE)
                .execute(Tuple.newInstance(
                        io.vertx.sqlclient.Tuple.tuple().addArrayOfUUID(ids).addArrayOfLocalDateTime(next)))
                .replaceWithVoid();
    }

    private static BillingCalendar calendar(Row row) {
        return new BillingCalendar(
                row.getLocalDate("anchor_date"),
                BillingCycle.of(row.getString("billing_cycle")),
                ZoneId.of(row.getString("time_zone")));
    }

    private static LocalDateTime utc(Instant time) {
        return LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    }
}
