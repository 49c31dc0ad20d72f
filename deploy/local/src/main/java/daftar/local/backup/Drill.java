package daftar.local.backup;

import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Restores the database to a random moment of the last day into a server that nothing else knows of, asks it everything, and
 * takes it down again whatever happened. What it finds goes into the history.
 */
public final class Drill {
    private static final Duration DAY = Duration.ofDays(1);

    private final BackupSettings settings;
    private final Path directory;
    private final int port;
    private final Optional<SmokeTest> smokeTest;
    private final Consumer<String> say;

    /**
     * Does nothing yet.
     *
     * @param directory of the drill's server; emptied before and after
     * @param port of that server on 127.0.0.1
     * @param smokeTest left out where the services are not built
     * @param say is told each step
     */
    public Drill(
            BackupSettings settings, Path directory, int port, Optional<SmokeTest> smokeTest, Consumer<String> say) {
        this.settings = settings;
        this.directory = directory;
        this.port = port;
        this.smokeTest = smokeTest;
        this.say = say;
    }

    /**
     * Runs one.
     *
     * @param seed of the moment's choice
     * @return whether it passed; the reason and everything else is in the history
     */
    public boolean run(long seed) {
        Findings findings = new Findings(seed);
        Thread tearDown = new Thread(this::tearDown);
        Runtime.getRuntime().addShutdownHook(tearDown);
        try {
            tearDown();
            perform(findings);
        } catch (StartFailure e) {
            findings.reason = e.getMessage();
        } catch (SQLException e) {
            findings.reason = "The running system does not answer (" + e.getSQLState() + "): a drill holds the restore"
                    + " against it.";
        } finally {
            tearDown();
            Runtime.getRuntime().removeShutdownHook(tearDown);
        }
        DrillRecord record = findings.record();
        new DrillHistory(settings.home()).add(record);
        record.checks()
                .forEach(check ->
                        say.accept((check.passed() ? "passed  " : "FAILED  ") + check.name() + ": " + check.detail()));
        say.accept(
                record.passed()
                        ? "the drill passed: RPO %.1f s, RTO %.1f s".formatted(record.rpoSeconds(), record.rtoSeconds())
                        : "THE DRILL FAILED: " + record.reason());
        publish(record);
        return record.passed();
    }

    private void perform(Findings findings) throws SQLException {
        Recovery recovery = new Recovery(settings, directory, port, say);
        try (Connection primary = settings.primary()) {
            Moments moments = recovery.moments(Optional.of(primary));
            findings.rpo = Duration.between(moments.latest(), Instant.now());
            findings.moment = draw(findings.seed, moments, findings.startedAt);
            Backup backup = moments.backupFor(findings.moment);
            findings.backup = Optional.of(backup);
            findings.bytes = new Checksums(recovery.client()).size(backup);
            say.accept("restoring to " + findings.moment + " (seed " + findings.seed + ")");
            // what there is now must be counted now: the restore is held against it
            new Census().take(primary);
            findings.times = recovery.restore(backup, Optional.of(findings.moment));
            say.accept("verifying");
            findings.checks.addAll(recovery.verify(findings.moment, Optional.of(primary)));
        }
        findings.checks.stream().filter(check -> !check.passed()).findFirst().ifPresent(check -> {
            throw new StartFailure(check.name() + ": " + check.detail() + ".");
        });
        smokeTest.ifPresent(test -> {
            say.accept("starting a service on the restored database");
            findings.checks.add(Check.passed("smoke_test", test.run(port)));
        });
        findings.rto = Optional.of(Duration.between(findings.startedAt, Instant.now()));
    }

    /** A moment of the last day, evenly drawn among the milliseconds that can be restored. */
    static Instant draw(long seed, Moments moments, Instant now) {
        Instant from = moments.earliest().isAfter(now.minus(DAY)) ? moments.earliest() : now.minus(DAY);
        long span = Duration.between(from, moments.latest()).toMillis();
        if (span <= 0) {
            throw new StartFailure("There is no moment to restore yet: the archive ends at " + moments.latest()
                    + " and the first backup at " + moments.earliest() + ".");
        }
        return from.plusMillis((long) (new Random(seed).nextDouble() * span));
    }

    private void publish(DrillRecord record) {
        try {
            DrillHistory.publish(new StoreClient(settings.store()), record);
        } catch (StartFailure e) {
            say.accept("the result is in the history of this machine only: " + e.getMessage());
        }
    }

    private void tearDown() {
        new Recovery(settings, directory, port, say).server().stop();
        LocalProcess.run(Duration.ofMinutes(10), List.of("rm", "-rf", "--", directory.toString()));
    }

    /** What is known so far, of a drill that may fail at any step. */
    private static final class Findings {
        private final Instant startedAt = Instant.now();
        private final long seed;
        private final List<Check> checks = new ArrayList<>();
        private Instant moment = Instant.EPOCH;
        private Optional<Backup> backup = Optional.empty();
        private long bytes;
        private Duration rpo = Duration.ofSeconds(-1);
        private Optional<Duration> rto = Optional.empty();
        private Recovery.Times times = new Recovery.Times(Duration.ZERO, Duration.ZERO);
        private String reason = "";

        Findings(long seed) {
            this.seed = seed;
        }

        DrillRecord record() {
            return new DrillRecord(
                    startedAt,
                    rto.isPresent(),
                    reason,
                    seed,
                    moment,
                    backup.map(Backup::id).orElse(""),
                    bytes,
                    seconds(rpo),
                    rto.map(Findings::seconds).orElse(-1.0),
                    seconds(times.unpacking()),
                    seconds(times.replay()),
                    checks);
        }

        private static double seconds(Duration duration) {
            return duration.toMillis() / 1000.0;
        }
    }
}
