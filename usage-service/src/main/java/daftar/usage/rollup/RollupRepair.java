package daftar.usage.rollup;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Proves that the roll-ups equal the rows and their corrections, day by day, and makes them equal where they do not: after an upgrade that
 * brought the roll-ups, or after hands were in the tables. Usage goes on being counted meanwhile.
 */
@Startup // its meter is there from the beginning
@ApplicationScoped
class RollupRepair {

    /** Buckets whose sums differed from the rows'. */
    static final String REPAIRED = "daftar_usage_rollups_repaired_total";

    private static final Logger LOG = Logger.getLogger(RollupRepair.class);

    /** One at a time: two that saw the same difference would both add it. Taken before the statement's snapshot. */
    private static final String LOCK =
            "SELECT pg_advisory_xact_lock(hashtextextended('usage.rollup_repair', 0))::text AS locked";

    /**
     * A row or a correction and what it adds are committed together, so one snapshot shows them both or neither, and the difference
     * that it shows is nobody's work in progress. It is added, not written over: what others add meanwhile stays.
     *
     * <p>Days whose rows have left the database keep what they have: their month has no partition, or it is, or is
     * being, archived. A late event makes such a month's partition anew, which then holds that event alone.
     */
    private static final String REPAIR =
            """
            WITH written AS (
                SELECT l.user_id,
                       l.service_name,
                       1 AS events,
                       coalesce(l.tokens_used, 0) AS tokens_used,
                       coalesce(l.speech_seconds, 0) AS speech_seconds,
                       l."timestamp",
                       coalesce(l.cost_usd, 0) AS cost_usd
                FROM usage_logs AS l
                WHERE l."timestamp" >= $1::date
                  AND l."timestamp" < $1::date + 1
                  AND l.user_id IS NOT NULL
                UNION ALL
                SELECT c.user_id,
                       c.service_name,
                       c.events,
                       c.tokens_used,
                       c.speech_seconds,
                       c."timestamp",
                       c.cost_usd
                FROM usage_corrections AS c
                WHERE c."timestamp" >= $1::date
                  AND c."timestamp" < $1::date + 1
            ),
            """ + RollupUpsert.LEVELS_OF_CHANGES + """
            difference AS (
                SELECT d.user_id,
                       d.bucket_minutes,
                       d.bucket_start,
                       d.service_name,
                       sum(d.events) AS events,
                       sum(d.tokens_used) AS tokens_used,
                       sum(d.speech_seconds) AS speech_seconds,
                       sum(d.cost_usd) AS cost_usd
                FROM (
                    TABLE minutes UNION ALL TABLE hours UNION ALL TABLE days
                    UNION ALL
                    SELECT r.bucket_minutes,
                           r.user_id,
                           r.service_name,
                           r.bucket_start,
                           -r.events,
                           -r.tokens_used,
                           -r.speech_seconds,
                           -r.cost_usd
                    FROM usage_rollups AS r
                    WHERE r.bucket_start >= $1::date
                      AND r.bucket_start < $1::date + 1
                ) AS d
                GROUP BY 1, 2, 3, 4
                HAVING (sum(d.events), sum(d.tokens_used), sum(d.speech_seconds), sum(d.cost_usd)) <> (0, 0, 0, 0)
            ),
            repaired AS (
            """ + RollupUpsert.TARGET + """
                SELECT d.user_id,
                       d.bucket_minutes,
                       d.bucket_start,
                       d.service_name,
                       d.events,
                       d.tokens_used,
                       d.speech_seconds,
                       d.cost_usd
                FROM difference AS d
                WHERE to_regclass('usage_logs_y' || to_char($1::date, 'YYYY') || 'm' || to_char($1::date, 'MM')) IS NOT NULL
                  AND NOT EXISTS (
                      SELECT
                      FROM usage_archives AS a
                      WHERE a.month = date_trunc('month', $1::date)::date
                  )
                ORDER BY d.user_id, d.bucket_minutes, d.bucket_start, d.service_name
            """ + RollupUpsert.ADDING + """
                RETURNING r.user_id
            )
            SELECT count(*) AS repaired FROM repaired
            """;

    /** Buckets of which nothing is left: without an event nothing can have been used. Voids leave such ones too. */
    private static final String REMOVE_EMPTY = """
            DELETE FROM usage_rollups AS r
            WHERE r.bucket_start >= $1::date
              AND r.bucket_start < $1::date + 1
              AND r.events = 0
            """;

    private final Pool primary;
    private final Clock clock;
    private final Counter repaired;

    @Inject
    RollupRepair(Pool primary, Clock clock, MeterRegistry meters) {
        this.primary = primary;
        this.clock = clock;
        this.repaired = meters.counter(REPAIRED);
    }

    /**
     * Compares and repairs the days of UTC, each in a transaction of its own.
     *
     * @param to exclusive
     * @return how many buckets differed
     */
    Uni<Long> repair(LocalDate from, LocalDate to) {
        List<LocalDate> days = from.datesUntil(to).toList();
        return Multi.createFrom()
                .iterable(days)
                .onItem()
                .transformToUniAndConcatenate(this::repair)
                .collect()
                .with(java.util.stream.Collectors.summingLong(Long::longValue));
    }

    private Uni<Long> repair(LocalDate day) {
        return primary.withTransaction(connection -> repair(connection, day))
                .invoke(buckets -> repaired.increment(buckets))
                .invoke(buckets -> {
                    if (buckets > 0) {
                        LOG.warnf("%d roll-ups of %s differed from the rows and are repaired", buckets, day);
                    }
                });
    }

    private static Uni<Long> repair(SqlConnection connection, LocalDate day) {
        return connection
                .query(LOCK)
                .execute()
                .chain(() -> connection.preparedQuery(REPAIR).execute(Tuple.of(day)))
                .map(rows -> rows.iterator().next())
                .map(RollupRepair::count)
                .call(buckets -> connection.preparedQuery(REMOVE_EMPTY).execute(Tuple.of(day)));
    }

    private static long count(Row row) {
        return row.getLong("repaired");
    }

    /** Looks at the two days that are over, in the night. */
    @Scheduled(cron = "${daftar.usage.rollups.repair.cron}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> repairLastDays() {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        return repair(today.minusDays(2), today)
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "the roll-ups are not compared tonight: %s",
                        failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
