package daftar.usage.archive;

import daftar.usage.archive.Part.State;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** What the archive's state looks like from outside, from the tables, by every instance. */
@Startup // its meters are there from the beginning
@ApplicationScoped
class ArchiveMeters {

    private static final Logger LOG = Logger.getLogger(ArchiveMeters.class);

    /** Parts by the step that is done; tag {@code state}. */
    static final String PARTS = "daftar_usage_archive_parts";

    /** Days since the oldest month that is not archived should have been; 0 while there is none. */
    static final String OVERDUE_DAYS = "daftar_usage_archive_overdue_days";

    private static final String COUNTS = """
            SELECT a.state, count(*) AS parts
            FROM usage_archives AS a
            GROUP BY 1
            """;

    private final Pool primary;
    private final UsageArchives archives;
    private final Map<State, AtomicLong> parts = new EnumMap<>(State.class);
    private final AtomicLong overdueDays = new AtomicLong();

    @Inject
    ArchiveMeters(Pool primary, UsageArchives archives, MeterRegistry meters) {
        this.primary = primary;
        this.archives = archives;
        for (State state : State.values()) {
            AtomicLong count = new AtomicLong();
            parts.put(state, count);
            Gauge.builder(PARTS, count, AtomicLong::get)
                    .tag("state", state.column())
                    .register(meters);
        }
        Gauge.builder(OVERDUE_DAYS, overdueDays, AtomicLong::get).register(meters);
    }

    /** While the database is away, the last look stands. */
    @Scheduled(every = "${daftar.usage.archive.look-every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> look() {
        return primary.withConnection(connection -> connection
                        .query(COUNTS)
                        .execute()
                        .invoke(rows -> {
                            parts.values().forEach(count -> count.set(0));
                            rows.forEach(row ->
                                    parts.get(State.of(row.getString("state"))).set(row.getLong("parts")));
                        })
                        .chain(() -> archives.due(connection, null))
                        .flatMap(due -> archives.unfinished(connection, null)
                                .invoke(unfinished -> overdueDays.set(overdue(due, unfinished)))))
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "the archive was not looked at: %s", failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private long overdue(List<UsageArchives.Due> due, List<Part> unfinished) {
        LocalDate limit = archives.limit();
        return java.util.stream.Stream.concat(
                        due.stream().map(UsageArchives.Due::month),
                        unfinished.stream().map(Part::month))
                .mapToLong(month -> ChronoUnit.DAYS.between(month.plusMonths(1), limit))
                .max()
                .orElse(0);
    }
}
