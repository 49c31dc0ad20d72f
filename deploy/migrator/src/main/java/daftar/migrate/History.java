package daftar.migrate;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.ErrorCode;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.logging.LogFactory;
import org.flywaydb.core.api.output.ValidateOutput;

/** Flyway on one slice: which scripts there are, which have run, and the running of one. */
final class History {
    private final Slice slice;
    private Optional<MigrationInfoService> info = Optional.empty();

    History(Slice slice) {
        this.slice = slice;
    }

    /** Whether no script has ever run. */
    boolean isEmpty() {
        return info().applied().length == 0;
    }

    /** The scripts that have yet to run, in their order. */
    List<Pending> pending() {
        return Arrays.stream(info().pending()).map(this::pending).toList();
    }

    /** Whether the script of the version has run. */
    boolean hasApplied(String version) {
        MigrationVersion wanted = MigrationVersion.fromVersion(version);
        return Arrays.stream(info().applied()).map(MigrationInfo::getVersion).anyMatch(wanted::equals);
    }

    /** Read once between two changes: this run holds the slice, so nobody else changes it. */
    private MigrationInfoService info() {
        if (info.isEmpty()) {
            info = Optional.of(
                    flyway(Duration.ofSeconds(5), Script.STATEMENT_TIMEOUT).info());
        }
        return info.get();
    }

    /**
     * Takes a concurrent script that failed out of the history, so that it can run again.
     *
     * @throws MigrationStopped when the history and the scripts do not fit together in another way: Flyway's repair would
     *     make them fit by believing the files
     */
    void repair() {
        Flyway flyway = flyway(Duration.ofSeconds(5), Script.STATEMENT_TIMEOUT);
        List<ValidateOutput> wrong = flyway.validateWithResult().invalidMigrations.stream()
                .filter(each -> each.errorDetails.errorCode
                        != org.flywaydb.core.api.CoreErrorCode.RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED)
                .toList();
        List<String> sentences = wrong.stream()
                .filter(each -> !isFailed(each.errorDetails.errorCode))
                .map(each -> each.errorDetails.errorMessage.replaceAll("\\s+", " "))
                .toList();
        if (!sentences.isEmpty()) {
            throw new MigrationStopped(
                    ExitCode.REFUSED,
                    "The history of " + slice.name() + " and the scripts differ: " + String.join("; ", sentences)
                            + ". A script that has run must not change: bring the old one back and write a new one.");
        }
        if (!wrong.isEmpty()) {
            flyway.repair();
            info = Optional.empty();
        }
    }

    /** Runs one script with the limits; fails as Flyway does. */
    List<Report.RunStatement> run(Pending script, Duration lockTimeout) {
        List<Report.RunStatement> statements = new ArrayList<>();
        Flyway flyway = flyway(
                lockTimeout, script.script().statementTimeout(), script.version(), new StatementTimes(statements));
        try {
            flyway.migrate();
        } finally {
            info = Optional.empty();
        }
        return statements;
    }

    private static boolean isFailed(ErrorCode code) {
        return code == org.flywaydb.core.api.CoreErrorCode.FAILED_VERSIONED_MIGRATION;
    }

    private Pending pending(MigrationInfo info) {
        return new Pending(
                info.getVersion().getVersion(),
                Script.of(info.getScript(), slice.scripts().read(info.getScript())));
    }

    private Flyway flyway(Duration lockTimeout, Duration statementTimeout) {
        return flyway(lockTimeout, statementTimeout, "latest");
    }

    private Flyway flyway(Duration lockTimeout, Duration statementTimeout, String target, Callback... callbacks) {
        Flyway flyway = Flyway.configure(History.class.getClassLoader())
                .dataSource(slice.addressOfSessions(), slice.owner(), slice.password())
                .locations(slice.scripts().location())
                .defaultSchema(slice.name())
                .table("flyway_schema_history")
                .createSchemas(false)
                .baselineOnMigrate(false)
                .outOfOrder(false)
                .cleanDisabled(true)
                .group(false)
                .mixed(false)
                .placeholderReplacement(false)
                // another migrator that looks whether this one is done takes a connection of the role's for a moment
                .connectRetries(10)
                .connectRetriesInterval(1)
                .target(target)
                .callbacks(callbacks)
                // lock in the session, not in a transaction: CREATE INDEX CONCURRENTLY would wait for that transaction
                .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
                // the driver announces the JVM's zone, which would override the role's; a migrator that is frozen or
                // cut
                // off in a transaction holds its locks for seconds and not for ever
                .initSql("SET lock_timeout = '" + lockTimeout.toMillis() + "ms'; SET statement_timeout = '"
                        + statementTimeout.toMillis() + "ms'; SET idle_in_transaction_session_timeout = '15s';"
                        + " SET client_connection_check_interval = '1s'; SET timezone = 'UTC'")
                .load();
        // by object and not by name: Flyway would look the name up by a class loader of its own choice
        LogFactory.setLogCreator(new SilentLog());
        return flyway;
    }

    /** A script that has yet to run, with its version in Flyway's words. */
    record Pending(String version, Script script) {}

    /** What failed in the database, of what Flyway says. */
    static String cause(FlywayException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql.getMessage() + " (SQLSTATE " + sql.getSQLState() + ")";
            }
        }
        return failure.getMessage().replaceAll("\\s+", " ");
    }
}
