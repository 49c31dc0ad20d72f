package daftar.local.postgres;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A server over a folder that came out of a backup, which replays archived log up to a moment and then opens for writes. It
 * has an own port, archives nothing and streams to nobody: whatever is done to it, the running system and the backups do not
 * notice.
 */
public final class RestoredServer {
    /** Recovery is given up past this: a day's log of the platform at its fastest takes far less. */
    private static final Duration RECOVERY_LIMIT = Duration.ofHours(6);

    private static final Pattern LAST_COMMIT =
            Pattern.compile("last completed transaction was at log time (\\S+ \\S+)");

    /** With a numeric offset: the server reads its settings before it knows what Z is. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS'+00'").withZone(ZoneOffset.UTC);

    private final PostgresServer server;
    private final ServerAccount account;
    private final ConnectionBudget budget;
    private final String superuserPassword;

    /**
     * Prepares nothing yet.
     *
     * @param directory keeps the data folder and the pid file, both under its own name
     * @param programs where the cluster's programs are unpacked
     * @param logs receives the log, {@code postgres-} and that name
     * @param port on 127.0.0.1
     * @param superuserPassword the one that the backed up server had
     */
    public RestoredServer(
            Installation installation, Path directory, Path programs, Path logs, int port, String superuserPassword) {
        this.superuserPassword = superuserPassword;
        this.account = ServerAccount.detect();
        this.budget = ConnectionBudget.read(installation);
        this.server = new PostgresServer(
                directory.getFileName().toString(),
                PostgresBinaries.unpack(installation.postgresJar(), programs),
                account,
                directory.toAbsolutePath(),
                logs,
                port);
    }

    /** The data folder. */
    public Path data() {
        return server.data();
    }

    public int port() {
        return server.port();
    }

    public Path logFile() {
        return server.logFile();
    }

    /** The account that has to own the data folder and unpacks the backup. */
    public ServerAccount account() {
        return account;
    }

    public Optional<LocalProcess> process() {
        return server.process();
    }

    /** A superuser's connection; the caller closes it. */
    public Connection superuser(String database) throws SQLException {
        return server.connect(database, PostgresCluster.SUPERUSER, superuserPassword);
    }

    /** Makes the data folder, empty and the account's own; what an earlier restore left there is gone. */
    public void empty() {
        stop();
        LocalProcess.run(Duration.ofMinutes(10), List.of("rm", "-rf", "--", data().toString()));
        LocalProcess.Output made =
                LocalProcess.run(Duration.ofMinutes(1), List.of("install", "-d", "-m", "700", data().toString()));
        if (!made.succeeded()) {
            throw new StartFailure("Cannot make " + data() + ": " + made.text().strip() + ".");
        }
        account.own(data());
    }

    /**
     * Replays the log up to the moment and opens the server for writes.
     *
     * @param fetchCommand shell command in which {@code %f} names a segment and {@code %p} where to put it
     * @param moment the first commit after it is not replayed; empty replays everything that the archive has
     * @throws StartFailure when the archive does not reach the moment; the message has the server's own words
     */
    public void recover(String fetchCommand, Optional<Instant> moment) {
        write(fetchCommand, moment);
        try {
            server.start(RECOVERY_LIMIT);
        } catch (StartFailure e) {
            throw stopped(e);
        }
        boolean ended = Waiting.until(RECOVERY_LIMIT, () -> process().isEmpty() || !inRecovery());
        if (!ended || process().isEmpty()) {
            throw stopped(null);
        }
    }

    /** Starts it again as it stands, without recovery. */
    public void start() {
        server.start();
    }

    /** Stops it; harmless when it does not run. */
    public void stop() {
        server.stop();
    }

    /** Puts back what of the settings belongs to the data and was left out for its isolation. */
    public void release() {
        Path aside = data().resolve("postgresql.auto.conf.backed-up");
        try {
            if (Files.exists(aside)) {
                Files.move(aside, data().resolve("postgresql.auto.conf"), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new StartFailure("Cannot put back " + aside + ": " + e.getMessage() + ".", e);
        }
    }

    /**
     * Has the next server over this data archive the history of its timeline, which this one, whose archive is off, did not.
     * Without it a later restore would follow the log that was left behind, and a second one would reuse the timeline's number
     * and overwrite its segments.
     */
    public void archiveHistory() {
        Path log = data().resolve("pg_wal");
        try (Stream<Path> files = Files.list(log)) {
            for (Path history :
                    files.filter(file -> file.toString().endsWith(".history")).toList()) {
                Path status = log.resolve("archive_status");
                Path ready = status.resolve(history.getFileName() + ".ready");
                if (!Files.exists(ready)) {
                    Files.deleteIfExists(status.resolve(history.getFileName() + ".done"));
                    Files.createFile(ready);
                    account.own(ready);
                }
            }
        } catch (IOException e) {
            throw new StartFailure("Cannot mark the timeline's history for the archive: " + e.getMessage() + ".", e);
        }
    }

    private boolean inRecovery() {
        try (Connection connection = superuser("postgres");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT pg_is_in_recovery()")) {
            return !result.next() || result.getBoolean(1);
        } catch (SQLException e) {
            // not yet consistent, or gone
            return true;
        }
    }

    private StartFailure stopped(StartFailure cause) {
        String log = process().map(process -> process.lastLogLines(40)).orElseGet(this::logTail);
        Matcher last = LAST_COMMIT.matcher(log);
        String reached = "";
        while (last.find()) {
            reached = "; the last commit in it is of " + last.group(1);
        }
        String said = log.lines()
                .filter(line -> line.contains("FATAL") || line.contains("PANIC") || line.contains("ERROR"))
                .map(line -> line.replaceFirst("^.*?(FATAL|PANIC|ERROR): *", ""))
                .reduce((first, second) -> second)
                .orElse("see " + logFile());
        return new StartFailure("The archive does not lead to the moment: " + said + reached + ".", cause);
    }

    private String logTail() {
        try {
            List<String> lines = Files.readAllLines(logFile());
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
        } catch (IOException e) {
            return "";
        }
    }

    private void write(String fetchCommand, Optional<Instant> moment) {
        List<String> lines = new ArrayList<>(List.of(
                "# written by a restore; up writes the system's own settings when this becomes its data",
                "listen_addresses = '" + Loopback.ADDRESS + "'",
                "port = " + port(),
                "unix_socket_directories = ''",
                "max_connections = " + budget.sum(),
                "superuser_reserved_connections = " + budget.limits().get("superuser"),
                "shared_buffers = 128MB",
                "wal_level = replica",
                "max_wal_senders = 10",
                "max_replication_slots = 10",
                "hot_standby = on",
                "timezone = 'UTC'",
                "log_timezone = 'UTC'",
                "shared_preload_libraries = 'pg_stat_statements'",
                "log_line_prefix = '%m [%p] %q%u@%d '",
                "log_error_verbosity = terse",
                "log_min_error_statement = panic",
                "# it must never write into the archive that it came from",
                "archive_mode = off",
                "restore_command = '" + fetchCommand.replace("'", "''") + "'",
                "recovery_target_timeline = 'latest'",
                "recovery_target_action = 'promote'"));
        moment.ifPresent(time -> lines.add("recovery_target_time = '" + TIME.format(time) + "'"));
        try {
            Path automatic = data().resolve("postgresql.auto.conf");
            if (Files.exists(automatic)) {
                Files.move(automatic, data().resolve("postgresql.auto.conf.backed-up"));
            }
            Files.writeString(data().resolve("postgresql.conf"), String.join("\n", lines) + "\n");
            Files.createFile(data().resolve("recovery.signal"));
            account.own(data().resolve("recovery.signal"));
        } catch (IOException e) {
            throw new StartFailure("Cannot write the restored server's settings: " + e.getMessage() + ".", e);
        }
    }
}
