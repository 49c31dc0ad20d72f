package daftar.local.postgres;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A PostgreSQL primary and one streaming replica over a replication slot, real processes on loopback.
 *
 * <p>The folder is made at the first start and used again later. A first start that is interrupted leaves nothing that a
 * later start mistakes for data.
 */
public final class PostgresCluster {
    /** The superuser's name. */
    public static final String SUPERUSER = "postgres";

    private static final String REPLICATOR = "replicator";
    private static final String SLOT = "replica";

    private final Options options;
    private final ConnectionBudget budget;
    private final PostgresBinaries binaries;
    private final ServerAccount account;
    private final PostgresServer primary;
    private final PostgresServer replica;
    private List<String> archiveSettings = List.of("archive_mode = off");

    /**
     * Where and how the cluster runs.
     *
     * @param directory keeps the programs, both data folders and the pid files
     * @param logs receives {@code postgres-primary.log} and {@code postgres-replica.log}
     * @param primaryPort port on 127.0.0.1
     * @param replicaPort port on 127.0.0.1
     * @param superuserPassword fixed at the first start
     * @param replicatorPassword of the role that the replica streams as
     * @param sharedBuffersMegabytes cache of each server
     */
    public record Options(
            Path directory,
            Path logs,
            int primaryPort,
            int replicaPort,
            String superuserPassword,
            String replicatorPassword,
            int sharedBuffersMegabytes) {}

    /** Prepares the programs; starts nothing. */
    public PostgresCluster(Installation installation, Options options) {
        this.options = options;
        this.budget = ConnectionBudget.read(installation);
        this.account = ServerAccount.detect();
        Path directory = options.directory().toAbsolutePath();
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new StartFailure("Cannot create " + directory + ": name a data folder that you may write.", e);
        }
        if (!account.reaches(directory)) {
            throw new StartFailure("PostgreSQL's account cannot enter " + directory
                    + " (a folder above it is closed to others): name a data folder such as /var/lib/daftar.");
        }
        this.binaries = PostgresBinaries.unpack(installation.postgresJar(), directory.resolve("programs"));
        this.primary =
                new PostgresServer("primary", binaries, account, directory, options.logs(), options.primaryPort());
        this.replica =
                new PostgresServer("replica", binaries, account, directory, options.logs(), options.replicaPort());
    }

    public PostgresServer primary() {
        return primary;
    }

    public PostgresServer replica() {
        return replica;
    }

    /** Who the servers run as, and with them whatever has to read their folders. */
    public ServerAccount account() {
        return account;
    }

    /**
     * Has the primary hand every finished segment of its log to a command; holds from its next start.
     *
     * @param command a shell command in which {@code %p} stands for the segment's file; it must fail unless the segment is kept
     * @param timeout after which a segment is handed over though it is not full: what a loss of the machine costs at most
     */
    public void archive(String command, Duration timeout) {
        archiveSettings = List.of(
                "archive_mode = on",
                "archive_command = '" + command.replace("'", "''") + "'",
                "archive_timeout = " + timeout.toSeconds());
    }

    /** A superuser's connection to the primary; the caller closes it. */
    public Connection superuser(String database) throws SQLException {
        return primary.connect(database, SUPERUSER, options.superuserPassword());
    }

    /** Starts what does not run and returns when both servers take connections. Idempotent. */
    public void start() {
        if (!Files.isDirectory(primary.data())) {
            initialise();
        }
        configure(primary);
        primary.start();
        boolean replicaUsable = prepareReplication() && Files.isDirectory(replica.data());
        if (!replicaUsable) {
            rebuildReplica();
        }
        configure(replica);
        replica.start();
    }

    /** Stops the replica, then the primary, each with a fast shutdown. */
    public void stop() {
        replica.stop();
        primary.stop();
    }

    private void initialise() {
        Path fresh = sibling("primary.initialising");
        Path copy = sibling("replica.initialising");
        Path password = sibling("superuser.password");
        shell("rm -rf \"$1\" \"$2\" \"$3\" && install -d -m 700 \"$1\"", fresh, copy, replica.data());
        account.own(fresh);
        try {
            Files.deleteIfExists(password);
            Files.createFile(
                    password, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(password, options.superuserPassword() + "\n");
            account.own(password);
            require(account.wrap(List.of(
                    binaries.program("initdb").toString(),
                    "--pgdata=" + fresh,
                    "--username=" + SUPERUSER,
                    "--pwfile=" + password,
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions")));
            Files.writeString(fresh.resolve("pg_hba.conf"), """
                    host all         all 127.0.0.1/32 scram-sha-256
                    host replication all 127.0.0.1/32 scram-sha-256
                    """);
            Files.delete(password);
        } catch (IOException e) {
            throw new StartFailure("Cannot prepare PostgreSQL's folder: " + e.getMessage() + ".", e);
        }
        copyForReplica(fresh, copy);
        // the primary's folder appears last: where it exists, everything does
        shell("mv \"$1\" \"$2\" && mv \"$3\" \"$4\"", copy, replica.data(), fresh, primary.data());
    }

    /** Makes the replica anew from the stopped primary: it lost the log that it would need to catch up. */
    private void rebuildReplica() {
        replica.stop();
        primary.stop();
        Path copy = sibling("replica.initialising");
        shell("rm -rf \"$1\" \"$2\"", copy, replica.data());
        copyForReplica(primary.data(), copy);
        shell("mv \"$1\" \"$2\"", copy, replica.data());
        primary.start();
        try (Connection connection = superuser("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
                    + SLOT + "'");
            statement.execute("SELECT pg_create_physical_replication_slot('" + SLOT + "', true)");
        } catch (SQLException e) {
            throw new StartFailure("Cannot make the replication slot anew: " + e.getMessage() + ".", e);
        }
    }

    private void copyForReplica(Path source, Path copy) {
        shell(
                "cp -a \"$1\" \"$2\" && rm -f \"$2/postmaster.pid\" && rm -rf \"$2\"/pg_replslot/* "
                        + "&& touch \"$2/standby.signal\"",
                source,
                copy);
        account.own(copy);
    }

    /**
     * Makes the replicating role and the slot if they are not there.
     *
     * @return false when the slot has lost log that the replica still needs
     */
    private boolean prepareReplication() {
        try (Connection connection = superuser("postgres");
                PreparedStatement password = connection.prepareStatement("""
                        SELECT set_config('daftar.replicator_password', ?, false)""");
                Statement statement = connection.createStatement()) {
            password.setString(1, options.replicatorPassword());
            password.execute();
            statement.execute("""
                    DO $$
                    BEGIN
                        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'replicator') THEN
                            CREATE ROLE replicator LOGIN REPLICATION CONNECTION LIMIT 3;
                        END IF;
                        EXECUTE format('ALTER ROLE replicator PASSWORD %L', current_setting('daftar.replicator_password'));
                    END $$""");
            statement.execute("""
                    SELECT pg_create_physical_replication_slot('replica', true)
                    WHERE NOT EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_name = 'replica')""");
            try (ResultSet slot = statement.executeQuery("""
                    SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'replica'""")) {
                return slot.next() && !"lost".equals(slot.getString(1));
            }
        } catch (SQLException e) {
            throw new StartFailure(
                    "PostgreSQL's primary refuses its superuser (" + e.getMessage()
                            + "): the secrets do not belong to this data; restore them or start with --fresh.",
                    e);
        }
    }

    private void configure(PostgresServer server) {
        List<String> lines = new ArrayList<>(List.of(
                "# written at every start; own settings belong into postgresql.auto.conf (ALTER SYSTEM)",
                "listen_addresses = '" + Loopback.ADDRESS + "'",
                "port = " + server.port(),
                "unix_socket_directories = ''",
                "max_connections = " + budget.sum(),
                "superuser_reserved_connections = " + budget.limits().get("superuser"),
                "shared_buffers = " + options.sharedBuffersMegabytes() + "MB",
                "wal_level = replica",
                "max_wal_senders = 10",
                "max_replication_slots = 10",
                "wal_keep_size = 256MB",
                "# a replica that is gone for good must not fill the disk",
                "max_slot_wal_keep_size = 2GB",
                "hot_standby = on",
                "hot_standby_feedback = on",
                "fsync = on",
                "synchronous_commit = on",
                "wal_retrieve_retry_interval = 500ms",
                "timezone = 'UTC'",
                "log_timezone = 'UTC'",
                "password_encryption = 'scram-sha-256'",
                "shared_preload_libraries = 'pg_stat_statements'",
                "log_line_prefix = '%m [%p] %q%u@%d '",
                "# an error's detail and statement quote rows, and rows hold personal data",
                "log_error_verbosity = terse",
                "log_min_error_statement = panic"));
        if (server == primary) {
            lines.addAll(archiveSettings);
        }
        if (server == replica) {
            lines.add("primary_conninfo = 'host=" + Loopback.ADDRESS + " port=" + options.primaryPort() + " user="
                    + REPLICATOR + " password=" + options.replicatorPassword()
                    + " application_name=replica sslmode=disable gssencmode=disable'");
            lines.add("primary_slot_name = '" + SLOT + "'");
        }
        try {
            Path file = server.data().resolve("postgresql.conf");
            Files.writeString(file, String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new StartFailure("Cannot write PostgreSQL's settings: " + e.getMessage() + ".", e);
        }
    }

    private Path sibling(String name) {
        return primary.data().resolveSibling(name);
    }

    private static void shell(String script, Path... arguments) {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
        for (Path argument : arguments) {
            command.add(argument.toString());
        }
        require(command);
    }

    private static void require(List<String> command) {
        LocalProcess.Output output = LocalProcess.run(Duration.ofMinutes(2), command);
        if (!output.succeeded()) {
            throw new StartFailure(
                    "Cannot prepare PostgreSQL's folder: " + output.text().strip());
        }
    }
}
