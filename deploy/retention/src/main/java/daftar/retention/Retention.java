package daftar.retention;

import daftar.kit.position.Reads;
import daftar.kit.position.Writes;
import daftar.retention.Schedule.Entry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Keeps the service's schedule: deletes in the night what is past its period, in batches with a rest between them, and tells
 * all day what is overdue, also of tables that something else sees to. What a run leaves, for whatever reason, the next one
 * finds.
 */
@Startup // its meters are there from the beginning
@ApplicationScoped
public class Retention {

    /** Age of the oldest row beyond its period, 0 without one; tag {@code table}. */
    public static final String OVERDUE = "daftar_retention_overdue_seconds";

    /** Rows that this job deleted; tag {@code table}. */
    public static final String DELETED = "daftar_retention_deleted_total";

    private static final Logger LOG = Logger.getLogger(Retention.class);

    private final Writes writes;
    private final Reads reads;
    private final Clock clock;
    private final Duration pause;
    private final int batchRows;
    private final List<Clocked> tables;

    /** A table whose rows have an age. */
    private static final class Clocked {
        private final Entry entry;
        private final Deletion deletion;
        private final Optional<Counter> deleted;
        private final AtomicReference<Optional<OffsetDateTime>> oldest = new AtomicReference<>(Optional.empty());

        Clocked(Entry entry, Clock clock, MeterRegistry meters) {
            this.entry = entry;
            this.deletion = new Deletion(entry);
            this.deleted =
                    entry.isTheJobs() ? Optional.of(meters.counter(DELETED, "table", entry.table())) : Optional.empty();
            Gauge.builder(OVERDUE, () -> overdueSeconds(clock.instant()))
                    .tag("table", entry.table())
                    .register(meters);
        }

        private long overdueSeconds(Instant now) {
            return oldest.get().map(time -> entry.overdueSeconds(time, now)).orElse(0L);
        }
    }

    /**
     * Of the schedule on the class path.
     *
     * @param pause between two batches
     * @param batchRows at most so many rows in one transaction, at least 1
     */
    @Inject
    public Retention(
            Writes writes,
            Reads reads,
            Clock clock,
            MeterRegistry meters,
            @ConfigProperty(name = "daftar.retention.pause") Duration pause,
            @ConfigProperty(name = "daftar.retention.batch-rows") int batchRows) {
        this.writes = writes;
        this.reads = reads;
        this.clock = clock;
        this.pause = pause;
        this.batchRows = batchRows;
        this.tables = schedule().entries().stream()
                .filter(entry -> entry.clock() != null)
                .map(entry -> new Clocked(entry, clock, meters))
                .toList();
    }

    private static Schedule schedule() {
        try (InputStream file = Thread.currentThread().getContextClassLoader().getResourceAsStream(Schedule.RESOURCE)) {
            return Schedule.read(Objects.requireNonNull(file, Schedule.RESOURCE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes what is past its period; a table that fails leaves the others their turn. */
    @Scheduled(cron = "{daftar.retention.cron}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    public Uni<Void> run() {
        return Multi.createFrom()
                .iterable(tables)
                .filter(table -> table.entry.isTheJobs())
                .onItem()
                .transformToUniAndConcatenate(this::delete)
                .onItem()
                .ignoreAsUni()
                .chain(() -> look());
    }

    private Uni<Long> delete(Clocked table) {
        Instant now = clock.instant();
        return Uni.createFrom()
                .deferred(() -> writes.writeSql(connection -> table.deletion.batch(connection, now, batchRows)))
                .invoke(rows -> table.deleted.ifPresent(counter -> counter.increment(rows)))
                .repeat()
                .withDelay(pause)
                .whilst(rows -> rows == batchRows)
                .collect()
                .with(Collectors.summingLong(Integer::longValue))
                .invoke(rows -> LOG.infof("retention deleted %d rows of %s", rows, table.entry.table()))
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "retention of %s is put off: %s",
                        table.entry.table(), failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithItem(0L);
    }

    /** Asks the replica for the oldest row of each table that should have gone; while nobody answers, the last look stands. */
    @Scheduled(every = "{daftar.retention.look-every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    public Uni<Void> look() {
        return Multi.createFrom()
                .iterable(tables)
                .onItem()
                .transformToUniAndConcatenate(this::lookAt)
                .onItem()
                .ignoreAsUni();
    }

    private Uni<Optional<OffsetDateTime>> lookAt(Clocked table) {
        Instant now = clock.instant();
        return reads.read(connection -> table.deletion.oldest(connection, now))
                .invoke(table.oldest::set)
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "it is not known what is overdue in %s: %s",
                        table.entry.table(), failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithItem(Optional::empty);
    }
}
