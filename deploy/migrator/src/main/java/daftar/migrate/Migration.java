package daftar.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.api.FlywayException;

/**
 * One run over one slice: script by script in the order of their versions, each with its time limits, until the phase
 * that was asked for is done.
 */
public final class Migration {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final String TOO_MANY_CONNECTIONS = "53300";

    private final Slice slice;
    private final Settings settings;
    private final History history;

    /** A run that has not begun. */
    public Migration(Slice slice, Settings settings) {
        this.slice = slice;
        this.settings = settings;
        this.history = new History(slice);
    }

    /**
     * Runs a phase. It can be repeated: what is done is not done again, and what was broken off is mended first.
     *
     * @return what was done and how it ended; a failure is told there, not thrown
     */
    public Report run(Phase phase) {
        Report report = new Report(slice.name(), phase, settings.clock.instant().toString());
        long began = System.nanoTime();
        try (Connection connection = holdTheSlice(report)) {
            new Run(connection, report).through(phase);
            end(report, ExitCode.DONE, "", began);
        } catch (MigrationStopped e) {
            end(report, e.exitCode(), e.getMessage(), began);
        } catch (FlywayException e) {
            end(report, ExitCode.FAILED, slice.name() + " failed: " + History.cause(e), began);
        } catch (SQLException | IllegalStateException e) {
            end(report, ExitCode.FAILED, slice.name() + " failed: " + e.getMessage(), began);
        }
        return report;
    }

    /** What has yet to run; changes nothing and asks for no lock. */
    public Report status() {
        Report report =
                new Report(slice.name(), Phase.ALL, settings.clock.instant().toString());
        long began = System.nanoTime();
        try {
            report.pending(pendingOf(history.pending()));
            end(report, report.pending().isEmpty() ? ExitCode.DONE : ExitCode.PENDING, "", began);
        } catch (FlywayException e) {
            end(report, ExitCode.FAILED, slice.name() + ": " + History.cause(e), began);
        }
        return report;
    }

    private void end(Report report, ExitCode code, String sentence, long began) {
        report.ended(code, sentence, settings.clock.instant(), (System.nanoTime() - began) / 1e9);
    }

    private static List<Report.PendingScript> pendingOf(List<History.Pending> pending) {
        return pending.stream()
                .map(each -> new Report.PendingScript(
                        each.script().name(),
                        each.script().phase().map(Phase::word).orElse("unknown")))
                .toList();
    }

    /**
     * One migrator a slice at a time. The lock is the session's: it ends with the process, however that ends. Whoever waits
     * for it does so without a session, since the role has just as many as the other one needs.
     */
    private Connection holdTheSlice(Report report) throws SQLException {
        long end = System.nanoTime() + settings.waitForOtherMigrator.toNanos();
        Optional<Connection> held = tryHold(report);
        while (held.isEmpty()) {
            if (System.nanoTime() > end) {
                throw new MigrationStopped(
                        ExitCode.BUSY, "Another migrator runs on " + slice.name() + ": wait for its end.");
            }
            settings.pause.of(POLL);
            held = tryHold(report);
        }
        return held.get();
    }

    private Optional<Connection> tryHold(Report report) throws SQLException {
        Connection connection;
        try {
            connection = slice.connect();
        } catch (SQLException e) {
            if (TOO_MANY_CONNECTIONS.equals(e.getSQLState())) {
                return Optional.empty();
            }
            throw e;
        }
        boolean held = false;
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET timezone = 'UTC'; SET client_connection_check_interval = '1s'");
            new Preflight(slice, settings, report, connection).checkConnection();
            held = tryHold(connection);
            if (held) {
                statement.execute("SET application_name = '" + Slice.APPLICATION_NAME + "'");
            }
            return held ? Optional.of(connection) : Optional.empty();
        } finally {
            if (!held) {
                connection.close();
            }
        }
    }

    private boolean tryHold(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT pg_try_advisory_lock(hashtextextended('daftar.migrate.' || ?, 0))")) {
            statement.setString(1, slice.name());
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getBoolean(1);
            }
        }
    }

    /** The part of a run that holds the slice. */
    private final class Run {
        private final Report report;
        private final Leftovers leftovers;
        private final Backfills backfills;
        private final ContractGate gate;
        private final Preflight preflight;
        private boolean momentChecked;

        Run(Connection connection, Report report) throws SQLException {
            this.report = report;
            this.leftovers = new Leftovers(slice, settings, report, connection);
            leftovers.endSessions();
            this.backfills = new Backfills(slice, settings, report, connection);
            this.gate = new ContractGate(slice, settings, connection, backfills, history.isEmpty());
            this.preflight = new Preflight(slice, settings, report, connection);
        }

        void through(Phase phase) throws SQLException {
            history.repair();
            leftovers.dropInvalidIndexes(
                    history.pending().stream().map(History.Pending::script).toList());
            try {
                switch (phase) {
                    case EXPAND -> expand();
                    case BACKFILL -> backfill();
                    case CONTRACT -> contract();
                    case ALL -> everything();
                }
            } finally {
                report.pending(pendingOf(history.pending()));
            }
        }

        private void expand() throws SQLException {
            scripts(Phase.EXPAND);
            Optional<History.Pending> blocked = firstPending();
            if (blocked.isPresent() && history.pending().stream().anyMatch(each -> phaseOf(each) == Phase.EXPAND)) {
                throw new MigrationStopped(
                        ExitCode.REFUSED,
                        blocked.get().script().name()
                                + ", a contract script, comes before a pending expand script: run --phase contract of the"
                                + " release before first.");
            }
        }

        private void contract() throws SQLException {
            scripts(Phase.CONTRACT);
            Optional<History.Pending> blocked = firstPending();
            if (blocked.isPresent() && history.pending().stream().anyMatch(each -> phaseOf(each) == Phase.CONTRACT)) {
                throw new MigrationStopped(
                        ExitCode.REFUSED,
                        blocked.get().script().name()
                                + ", an expand script, comes before a pending contract script: run --phase expand first.");
            }
        }

        private boolean backfill() throws SQLException {
            boolean worked = false;
            for (Backfill backfill : settings.backfills) {
                if (history.hasApplied(backfill.after())) {
                    checkMoment();
                    worked |= backfills.run(backfill);
                } else {
                    settings.log.accept("back-fill " + backfill.name() + " waits for script V" + backfill.after());
                }
            }
            return worked;
        }

        private void everything() throws SQLException {
            boolean worked = true;
            while (worked) {
                worked = scripts(Phase.EXPAND);
                worked |= backfill();
                worked |= scripts(Phase.CONTRACT);
            }
        }

        /** Runs scripts for as long as the next one is of the phase. */
        private boolean scripts(Phase phase) throws SQLException {
            boolean worked = false;
            Optional<History.Pending> next = firstPending();
            while (next.isPresent() && phaseOf(next.get()) == phase) {
                if (phase == Phase.CONTRACT) {
                    gate.check(next.get().script());
                }
                checkMoment();
                run(next.get());
                worked = true;
                next = firstPending();
            }
            return worked;
        }

        private Optional<History.Pending> firstPending() {
            return history.pending().stream().findFirst();
        }

        private Phase phaseOf(History.Pending pending) {
            return pending.script()
                    .phase()
                    .orElseThrow(() -> new MigrationStopped(
                            ExitCode.REFUSED,
                            pending.script().name() + " does not say its phase: begin it with \"-- Phase: expand.\" or"
                                    + " \"-- Phase: contract.\" and why it is safe."));
        }

        /** Once, and only where something is about to change. */
        private void checkMoment() throws SQLException {
            if (!momentChecked) {
                preflight.checkMoment();
                momentChecked = true;
            }
        }

        private void run(History.Pending pending) throws SQLException {
            Script script = pending.script();
            if (script.concurrent()) {
                leftovers.dropIndexesOf(script);
            }
            long began = System.nanoTime();
            StatementsOfLastAttempt last = new StatementsOfLastAttempt();
            int retries = (script.concurrent() ? settings.concurrentLadder : settings.transactionalLadder)
                    .climb(
                            script.name(),
                            lockTimeout -> last.statements = history.run(pending, lockTimeout),
                            () -> clearAway(script),
                            settings.pause,
                            settings.random,
                            settings.log);
            double seconds = (System.nanoTime() - began) / 1e9;
            report.applied(new Report.AppliedScript(
                    script.name(), script.phase().map(Phase::word).orElseThrow(), seconds, retries, last.statements));
            settings.log.accept(script.name() + " applied in " + Math.round(seconds * 1000) + " ms");
        }

        /** A transaction leaves nothing; a concurrent script leaves a half-made index and a failure in the history. */
        private void clearAway(Script script) {
            if (script.concurrent()) {
                try {
                    history.repair();
                    leftovers.dropIndexesOf(script);
                } catch (SQLException e) {
                    throw new IllegalStateException(
                            "Cannot clear away after " + script.name() + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static final class StatementsOfLastAttempt {
        private List<Report.RunStatement> statements = List.of();
    }
}
