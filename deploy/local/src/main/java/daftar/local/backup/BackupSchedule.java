package daftar.local.backup;

import com.sun.net.httpserver.HttpServer;
import daftar.local.StartFailure;
import daftar.local.postgres.PostgresCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Backs a running system up: archives its log from its start on, makes a full backup a day and a drill a week, deletes what is
 * older than its time, and serves the metrics that tell whether all this works.
 *
 * <p>When something was last done is read from the store and from the history of drills, so a restart changes no date.
 */
public final class BackupSchedule {
    /** A segment is archived after this time at the latest, full or not. */
    static final Duration ARCHIVE_TIMEOUT = Duration.ofSeconds(60);

    private static final Duration BEAT = Duration.ofSeconds(15);
    private static final Duration LOOK = Duration.ofSeconds(30);
    private static final Duration CENSUS = Duration.ofHours(1);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMinutes(5);

    private final BackupSettings settings;
    private final PostgresCluster cluster;
    private final BackupTool tool;
    private final StoreClient client;
    private final Clock clock;
    private final Consumer<String> say;
    private final Runnable drill;
    private final BackupMetrics metrics = new BackupMetrics();
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledExecutorService backups = Executors.newSingleThreadScheduledExecutor();
    private final AtomicBoolean failing = new AtomicBoolean();
    private List<ScheduledFuture<?>> tasks = List.of();
    private HttpServer server;
    private Instant lastCensus = Instant.EPOCH;
    private Instant lastDrillStart = Instant.EPOCH;
    private Instant notBefore = Instant.EPOCH;

    /**
     * Does nothing yet.
     *
     * @param drill starts a drill and returns at once
     * @param say is told what a person should know
     */
    public BackupSchedule(
            BackupSettings settings, PostgresCluster cluster, Clock clock, Consumer<String> say, Runnable drill) {
        this.settings = settings;
        this.cluster = cluster;
        this.tool = new BackupTool(cluster.account(), settings.postgres().resolve("backup"), settings.store());
        this.client = new StoreClient(settings.store());
        this.clock = clock;
        this.say = say;
        this.drill = drill;
    }

    /** Fails with a sentence that names the package when the tool is not installed. */
    public static void requireTool() {
        BackupTool.require(System.getenv().getOrDefault("PATH", ""));
    }

    /** Has the cluster archive its log from its next start on. */
    public void archive() {
        tool.prepare(BackupSettings.ROLE, settings.password());
        cluster.archive(tool.archiveCommand(), ARCHIVE_TIMEOUT);
    }

    /**
     * Says that the log is not archived in this run. The next run that archives makes a backup at once: nothing from after the
     * gap can be restored from a backup before it.
     */
    public static void interrupted(Path home) {
        try {
            Files.deleteIfExists(unbroken(home));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Begins; the database and the store run by now.
     *
     * @param port that the metrics are served on
     */
    public void start(int port) {
        EncryptionKey.claim(client);
        server = metrics.serve(port);
        tasks = List.of(
                beats.scheduleWithFixedDelay(this::beat, 0, BEAT.toSeconds(), TimeUnit.SECONDS),
                backups.scheduleWithFixedDelay(this::look, 0, LOOK.toSeconds(), TimeUnit.SECONDS));
    }

    /** Ends; a backup that is under way is broken off. */
    public void stop() {
        tasks.forEach(task -> task.cancel(true));
        beats.shutdownNow();
        backups.shutdownNow();
        if (server != null) {
            server.stop(0);
        }
    }

    String metricsText() {
        return metrics.text();
    }

    /** One heartbeat, a census when it is time, and the server's own word on its archive. */
    void beat() {
        try (Connection primary = settings.primary()) {
            Heartbeats.beat(primary);
            measureArchive(primary);
            if (lastCensus.plus(CENSUS).isBefore(clock.instant())) {
                new Census().take(primary);
                lastCensus = clock.instant();
            }
            failing.set(false);
        } catch (SQLException | RuntimeException e) {
            // the primary may be restarting; a person is told once. An exception would end the task for ever
            if (!failing.getAndSet(true)) {
                say.accept("backups: no heartbeat (" + e.getMessage() + ")");
            }
        }
    }

    /** Does what is due. */
    void look() {
        Instant now = clock.instant();
        if (now.isBefore(notBefore)) {
            return;
        }
        try {
            List<Backup> made = tool.backups();
            Optional<DrillRecord> lastDrill = new DrillHistory(settings.home()).last();
            if (BackupCalendar.backupIsDue(made, lastDrill, Files.exists(unbroken(settings.home())), now)) {
                backUp();
                made = tool.backups();
            }
            new Checksums(client).follow(made);
            measureBackups(made);
            measureDrills();
            startDrillWhenDue(made, lastDrill, now);
        } catch (RuntimeException e) {
            // an exception would end the task for ever, and silently
            notBefore = now.plus(PAUSE_AFTER_FAILURE);
            metrics.increment("daftar_backup_failed_total");
            say.accept("backups: " + (e instanceof StartFailure ? e.getMessage() : e));
        }
    }

    private void backUp() {
        long start = System.nanoTime();
        tool.backup(cluster.primary().port(), BackupSettings.ROLE);
        metrics.set("daftar_backup_duration_seconds", (System.nanoTime() - start) / 1e9);
        tidy();
        try {
            Files.createDirectories(settings.home());
            Files.writeString(
                    unbroken(settings.home()), "the log has been archived without a gap since the last backup\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        say.accept("backed up in %.0f s".formatted((System.nanoTime() - start) / 1e9));
    }

    /** Deletes backups whose time is over, with all that belongs to them, and erasures that no backup can bring back. */
    void tidy() {
        tool.retain(BackupSettings.RETENTION_DAYS);
        new Checksums(client).follow(tool.backups());
        new ErasureLedger(client)
                .forgetBefore(clock.instant().minus(ErasureLedger.kept(BackupSettings.RETENTION_DAYS)));
    }

    private void startDrillWhenDue(List<Backup> made, Optional<DrillRecord> lastDrill, Instant now) {
        // one that leaves no record, because it was killed, is not begun again at every look
        boolean triedLately = lastDrillStart.plus(Duration.ofDays(1)).isAfter(now);
        if (BackupCalendar.drillIsDue(made, lastDrill, now) && !triedLately) {
            lastDrillStart = now;
            say.accept("starting the restore drill of the week");
            drill.run();
        }
    }

    private void measureArchive(Connection primary) throws SQLException {
        try (Statement statement = primary.createStatement();
                ResultSet result = statement.executeQuery("""
                        SELECT last_archived_time,
                               failed_count,
                               (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')
                        FROM pg_stat_archiver""")) {
            result.next();
            Timestamp last = result.getTimestamp(1);
            metrics.set(
                    "daftar_wal_archive_last_success_timestamp_seconds", last == null ? 0 : last.getTime() / 1000.0);
            metrics.set("daftar_wal_archive_failed_total", (double) result.getLong(2));
            metrics.set("daftar_wal_archive_waiting_segments", (double) result.getLong(3));
        }
    }

    private void measureBackups(List<Backup> made) {
        Backup newest = made.get(made.size() - 1);
        metrics.set("daftar_backup_last_success_timestamp_seconds", seconds(newest.endedAt()));
        metrics.set(
                "daftar_backup_earliest_moment_timestamp_seconds",
                seconds(made.get(0).endedAt()));
        metrics.set("daftar_backup_size_bytes", (double) new Checksums(client).size(newest));
    }

    private void measureDrills() {
        List<DrillRecord> drills = new DrillHistory(settings.home()).records();
        if (drills.isEmpty()) {
            return;
        }
        DrillRecord last = drills.get(drills.size() - 1);
        metrics.set("daftar_restore_drill_last_timestamp_seconds", seconds(last.startedAt()));
        metrics.set("daftar_restore_drill_last_passed", last.passed() ? 1 : 0);
        metrics.set("daftar_restore_drill_failed_total", (double)
                drills.stream().filter(each -> !each.passed()).count());
        drills.stream()
                .filter(DrillRecord::passed)
                .reduce((older, newer) -> newer)
                .ifPresent(passed -> {
                    metrics.set("daftar_restore_drill_last_success_timestamp_seconds", seconds(passed.startedAt()));
                    metrics.set("daftar_restore_drill_rpo_seconds", passed.rpoSeconds());
                    metrics.set("daftar_restore_drill_rto_seconds", passed.rtoSeconds());
                });
    }

    private static Path unbroken(Path home) {
        return home.resolve("archive-is-unbroken");
    }

    private static double seconds(Instant instant) {
        return instant.toEpochMilli() / 1000.0;
    }
}
