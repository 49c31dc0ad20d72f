package daftar.usage.log;

import daftar.kit.problem.DatabaseFailure;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The monthly partitions of {@code usage_logs}. The present month's and the next ones' are made before
 * they begin; a past month's when its first late event comes.
 */
@ApplicationScoped
public class UsageLogPartitions {

    private static final Logger LOG = Logger.getLogger(UsageLogPartitions.class);

    private static final String ENSURE = """
            SELECT count(*) FILTER (WHERE ensure_usage_logs_partition(m.month)) AS made
            FROM unnest($1::date[]) AS m (month)
            """;

    /** SQLSTATE check_violation without a constraint's name: no partition takes the row. */
    private static final String CHECK_VIOLATION = "23514";

    /** Whole months of UTC after the present one that have partitions, counted up to the first that has none. */
    static final String AHEAD = "daftar_usage_partitions_ahead";

    private static final String COUNT_AHEAD = """
            SELECT count(*) AS ahead
            FROM (
                SELECT row_number() OVER (ORDER BY p.month) AS number, p.month
                FROM (
                    SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''(\\d{4}-\\d{2}-\\d{2})')::date AS month
                    FROM pg_catalog.pg_inherits AS i
                    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
                    WHERE i.inhparent = 'usage.usage_logs'::regclass
                ) AS p
                WHERE p.month > $1::date
            ) AS n
            WHERE n.month = $1::date + n.number * interval '1 month'
            """;

    private static final long SECONDS_OF_DAY = Duration.ofDays(1).toSeconds();

    private final Pool primary;
    private final Clock clock;
    private final int ahead;
    private final AtomicLong monthsAhead = new AtomicLong();
    private final Set<YearMonth> known = ConcurrentHashMap.newKeySet();

    @Inject
    UsageLogPartitions(
            Pool primary,
            Clock clock,
            MeterRegistry meters,
            @ConfigProperty(name = "daftar.usage.partitions.ahead") int ahead) {
        this.primary = primary;
        this.clock = clock;
        this.ahead = ahead;
        Gauge.builder(AHEAD, monthsAhead, AtomicLong::get).register(meters);
    }

    /**
     * Runs an insert once there is a partition for each of the times. A partition that was dropped since
     * it was last seen is made again, and the insert repeated once.
     */
    public <T> Uni<T> withPartitionsOf(Stream<Instant> times, Supplier<Uni<T>> insert) {
        // days first: thousands of times are of a few
        Set<YearMonth> months = times.mapToLong(time -> Math.floorDiv(time.getEpochSecond(), SECONDS_OF_DAY))
                .distinct()
                .mapToObj(day -> YearMonth.from(LocalDate.ofEpochDay(day)))
                .collect(Collectors.toSet());
        return ensure(months)
                .chain(() -> insert.get())
                .onFailure(UsageLogPartitions::isMissingPartition)
                .recoverWithUni(() -> {
                    known.removeAll(months);
                    return ensure(months).chain(() -> insert.get());
                });
    }

    /** Makes this month's and the next months' partitions; it is asked again long before they are needed. */
    @Scheduled(every = "${daftar.usage.partitions.every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> prepare() {
        YearMonth present = monthOf(clock.instant());
        Set<YearMonth> months =
                IntStream.rangeClosed(0, ahead).mapToObj(present::plusMonths).collect(Collectors.toSet());
        known.removeAll(months);
        return ensure(months)
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "partitions ahead are not made yet: %s",
                        failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull()
                .call(() -> count(present));
    }

    /** Asked of the database, not of what this instance believes: the alert must not share its error. */
    private Uni<Void> count(YearMonth presentMonth) {
        return primary.preparedQuery(COUNT_AHEAD)
                .execute(Tuple.of(presentMonth.atDay(1)))
                .invoke(rows -> monthsAhead.set(rows.iterator().next().getLong("ahead")))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private Uni<Void> ensure(Set<YearMonth> months) {
        Set<YearMonth> missing = new TreeSet<>(months);
        missing.removeAll(known);
        if (missing.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        LocalDate[] firstDays = missing.stream().map(month -> month.atDay(1)).toArray(LocalDate[]::new);
        return primary.preparedQuery(ENSURE)
                .execute(Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple().addArrayOfLocalDate(firstDays)))
                .invoke(rows -> known.addAll(missing))
                .invoke(rows -> LOG.infof(
                        "partitions: %d made, %s to %s are there",
                        rows.iterator().next().getLong("made"), firstDays[0], firstDays[firstDays.length - 1]))
                .replaceWithVoid();
    }

    private static YearMonth monthOf(Instant time) {
        return YearMonth.from(time.atOffset(ZoneOffset.UTC));
    }

    private static boolean isMissingPartition(Throwable failure) {
        return DatabaseFailure.refusal(failure)
                .filter(refusal -> CHECK_VIOLATION.equals(refusal.getSqlState()))
                .filter(refusal -> refusal.getConstraint() == null)
                .isPresent();
    }
}
