package daftar.usage.archive;

import daftar.kit.database.Pools;
import daftar.kit.problem.DatabaseFailure;
import daftar.kit.problem.Problem;
import daftar.usage.archive.ArchiveProgress.Point;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.mutiny.core.Vertx;
import io.vertx.mutiny.pgclient.PgConnection;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.pgclient.PgConnectOptions;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Archives what is due, in the night or when asked. Only one run at a time in all instances, and only in instances that
 * were given the owner's password.
 */
@Startup // its meter is there from the beginning
@ApplicationScoped
class Archiver {

    /** Steps that failed, and files that were found damaged before anything was dropped. */
    static final String FAILURES = "daftar_usage_archive_failures_total";

    private static final Logger LOG = Logger.getLogger(Archiver.class);
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** Held by the session, hence for the run and not longer, however it ends. */
    private static final String LOCK = "SELECT pg_try_advisory_lock(hashtextextended('usage.archive', 0)) AS mine";

    /** A statement that queues for a lock makes everybody else queue behind it: given up soon, and tried again. */
    private static final String LOCK_TIMEOUT = "SET lock_timeout = '1s'";

    private final Vertx vertx;
    private final UsageArchives archives;
    private final ArchiveKeys keys;
    private final ArchiveStore store;
    private final ArchiveProgress progress;
    private final Counter failures;
    private final WorkFolder folder;
    private final int rowsPerFile;
    private final List<String> primary;
    private final Optional<String> ownerPassword;

    @Inject
    Archiver(
            Vertx vertx,
            UsageArchives archives,
            ArchiveKeys keys,
            ArchiveStore store,
            ArchiveProgress progress,
            MeterRegistry meters,
            @ConfigProperty(name = "daftar.usage.archive.folder") Path folder,
            @ConfigProperty(name = "daftar.usage.archive.rows-per-file") int rowsPerFile,
            @ConfigProperty(name = "daftar.primary.url") List<String> primary,
            @ConfigProperty(name = "daftar.owner.password") Optional<String> ownerPassword) {
        this.vertx = vertx;
        this.archives = archives;
        this.keys = keys;
        this.store = store;
        this.progress = progress;
        this.failures = meters.counter(FAILURES);
        this.folder = new WorkFolder(folder);
        this.rowsPerFile = rowsPerFile;
        this.primary = List.copyOf(primary);
        this.ownerPassword = ownerPassword;
    }

    /** Whether this instance was given what it takes to archive. */
    boolean isAble() {
        return ownerPassword.isPresent() && keys.areReadable();
    }

    /**
     * Starts a run and does not wait for its end.
     *
     * @param month its first day; null for all that are due
     * @return false when another run is under way
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 409 when this instance is not able to
     */
    Uni<Boolean> start(@Nullable LocalDate month) {
        if (!isAble()) {
            throw Problem.CONFLICT.because("This instance does not archive: it lacks the owner's password or the key.");
        }
        return claim().map(owner -> {
            owner.ifPresent(connection -> work(connection, month)
                    .subscribe()
                    .with(
                            nothing -> {},
                            failure -> LOG.warnf(
                                    "the archive run broke off: %s",
                                    failure.getClass().getSimpleName())));
            return owner.isPresent();
        });
    }

    /** Runs to the end; nothing happens while another run is under way. */
    Uni<Void> run(@Nullable LocalDate month) {
        return claim().flatMap(owner -> owner.map(connection -> work(connection, month))
                .orElse(Uni.createFrom().voidItem()));
    }

    @Scheduled(cron = "${daftar.usage.archive.cron}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> runTonight() {
        if (!isAble()) {
            return Uni.createFrom().voidItem();
        }
        return run(null)
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "nothing is archived tonight: %s", failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull();
    }

    /** The owner's connection, which is the run's own, or nothing where another run has the lock. */
    private Uni<Optional<SqlConnection>> claim() {
        List<PgConnectOptions> servers = primary.stream()
                .map(address -> PgConnectOptions.fromUri(address)
                        .setUser("usage_owner")
                        .setPassword(ownerPassword.orElseThrow())
                        .setCachePreparedStatements(true)
                        .addProperty("application_name", "usage-service-archive"))
                .toList();
        return Pools.primary(vertx.getDelegate(), servers)
                .chain(options -> PgConnection.connect(vertx, options))
                .flatMap(connection -> connection
                        .query(LOCK_TIMEOUT)
                        .execute()
                        .chain(() -> connection.query(LOCK).execute())
                        .flatMap(rows -> rows.iterator().next().getBoolean("mine")
                                ? Uni.createFrom().item(Optional.<SqlConnection>of(connection))
                                : connection.close().replaceWith(Optional.<SqlConnection>empty()))
                        .onFailure()
                        .call(connection::close));
    }

    /** DuckDB and Parquet block, so the run has a worker thread of its own, and waits there for everything else too. */
    private Uni<Void> work(SqlConnection owner, @Nullable LocalDate month) {
        return Uni.createFrom()
                .voidItem()
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .invoke(() -> workThrough(owner, month))
                .onTermination()
                .call(owner::close);
    }

    private void workThrough(SqlConnection owner, @Nullable LocalDate month) {
        try {
            folder.clear();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("the work folder cannot be cleared", e);
        }
        ArchiveRun run = new ArchiveRun(owner, archives, keys, store, progress, folder, rowsPerFile, failures);
        for (Part part : archives.unfinished(owner, month).await().atMost(LIMIT)) {
            finish(run, owner, part);
        }
        for (UsageArchives.Due due : archives.due(owner, month).await().atMost(LIMIT)) {
            Part part = archives.seal(owner, due).await().atMost(LIMIT);
            progress.passed(part, Point.SEALED);
            finish(run, owner, part);
        }
    }

    /** A part that fails stays where it is until the next run; the others go on. */
    private void finish(ArchiveRun run, SqlConnection owner, Part part) {
        try {
            run.finish(part);
        } catch (IOException | SQLException | RuntimeException e) {
            failures.increment();
            String failure = describe(e);
            LOG.warnf("archive of %s waits for the next run: %s", part, failure);
            archives.failed(owner, part, failure)
                    .onFailure()
                    .recoverWithNull()
                    .await()
                    .atMost(LIMIT);
        }
    }

    /** Messages of others may quote rows; ours do not. */
    private static String describe(Exception e) {
        if (e instanceof IOException || e instanceof IllegalStateException) {
            return e.getMessage();
        }
        return e.getClass().getSimpleName()
                + DatabaseFailure.sqlState(e).map(state -> " " + state).orElse("");
    }
}
