package daftar.usage.alert;

import daftar.kit.outbox.Outbox;
import daftar.kit.position.Writes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;

/**
 * Publishes thresholds that were crossed on topic {@code usage-alerts}. The crossing's row was committed with the balance;
 * that it is published and its event are committed together, so a crash at any moment neither loses nor repeats an alert.
 */
@Startup // its meter is there from the beginning
@ApplicationScoped
class ThresholdAlerts {

    static final String TOPIC = "usage-alerts";
    static final String CROSSED = "daftar.usage.threshold-crossed.v1";

    /** Alerts that were handed to the outbox. */
    static final String ALERTS = "daftar_usage_alerts_total";

    private static final int MOST = 500;

    private static final Logger LOG = Logger.getLogger(ThresholdAlerts.class);

    /** Rows that another instance publishes are left to it. */
    private static final String TAKE = """
            UPDATE usage_alerts AS a
            SET published_at = $1
            FROM (
                SELECT u.user_id, u.period_end, u.subscription_id, u.meter, u.threshold_percent
                FROM usage_alerts AS u
                WHERE u.published_at IS NULL
                ORDER BY u.crossed_at
                LIMIT %d
                FOR UPDATE OF u SKIP LOCKED
            ) AS u
            WHERE a.user_id = u.user_id
              AND a.period_end = u.period_end
              AND a.subscription_id = u.subscription_id
              AND a.meter = u.meter
              AND a.threshold_percent = u.threshold_percent
            RETURNING a.user_id, a.subscription_id, a.period_start, a.period_end, a.meter, a.threshold_percent, a.used,
                      a.included, a.crossed_at
            """.formatted(MOST);

    /**
     * A threshold of an allowance that was crossed.
     *
     * @param meter tokens or speech_seconds
     * @param thresholdPercent of what is included: 50, 80 or 100
     * @param used what was used once it was crossed
     * @param included what the period includes
     */
    record ThresholdCrossed(
            UUID userId,
            UUID subscriptionId,
            Instant periodStart,
            Instant periodEnd,
            String meter,
            int thresholdPercent,
            long used,
            long included,
            Instant crossedAt) {

        static ThresholdCrossed read(Row row) {
            return new ThresholdCrossed(
                    row.getUUID("user_id"),
                    row.getUUID("subscription_id"),
                    instant(row, "period_start"),
                    instant(row, "period_end"),
                    row.getString("meter"),
                    row.getInteger("threshold_percent"),
                    row.getLong("used"),
                    row.getLong("included"),
                    instant(row, "crossed_at"));
        }

        private static Instant instant(Row row, String column) {
            return row.get(OffsetDateTime.class, column).toInstant();
        }

        Outbox.Event event() {
            return new Outbox.Event(TOPIC, userId, CROSSED, crossedAt, this);
        }
    }

    private final Writes writes;
    private final Outbox outbox;
    private final Clock clock;
    private final Counter alerts;

    @Inject
    ThresholdAlerts(Writes writes, Outbox outbox, Clock clock, MeterRegistry meters) {
        this.writes = writes;
        this.outbox = outbox;
        this.clock = clock;
        this.alerts = meters.counter(ALERTS);
    }

    @Scheduled(
            every = "${daftar.usage.alerts.publish-every}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            skipExecutionIf = Scheduled.ApplicationNotRunning.class)
    Uni<Void> publish() {
        return publishSome()
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "alerts are published later: %s", failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithItem(0)
                .replaceWithVoid();
    }

    /** Publishes up to 500 alerts; tells how many. */
    Uni<Integer> publishSome() {
        return writes.writeSql(this::take).invoke(published -> alerts.increment(published));
    }

    private Uni<Integer> take(SqlConnection connection) {
        return connection
                .preparedQuery(TAKE)
                .execute(Tuple.of(clock.instant().atOffset(ZoneOffset.UTC)))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(ThresholdCrossed::read)
                        .sorted(java.util.Comparator.comparing(ThresholdCrossed::crossedAt)
                                .thenComparing(ThresholdCrossed::thresholdPercent))
                        .map(ThresholdCrossed::event)
                        .toList())
                .call((List<Outbox.Event> events) -> outbox.append(connection, events))
                .map(List::size);
    }
}
