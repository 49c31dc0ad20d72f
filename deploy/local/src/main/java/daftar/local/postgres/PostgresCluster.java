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

    /** Longer than the minute that the server is given. */
    private static final Duration PROMOTION_LIMIT = Duration.ofSeconds(70);

    private final Options options;
    private final PostgresBinaries binaries;
    private final ServerAccount account;
    private final ServerSettings settings;
    private final Leader leader;
    private volatile PostgresServer primary;
    private volatile PostgresServer replica;

    /**
     * Where and how the cluster runs.
     *
     * @param directory keeps the programs, both data folders and the pid files
     * @param logs receives {@code postgres-primary.log} and {@code postgres-replica.log}
     * @param primaryPort port on 127.0.0.1 of the server that is the primary until the other is promoted
     * @param replicaPort port on 127.0.0.1 of the other
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
        this.settings = new ServerSettings(ConnectionBudget.read(installation), options);
        this.leader = new Leader(directory);
        PostgresServer first =
                new PostgresServer("primary", binaries, account, directory, options.logs(), options.primaryPort());
        PostgresServer second =
                new PostgresServer("replica", binaries, account, directory, options.logs(), options.replicaPort());
        boolean promoted = leader.isReplica();
        this.primary = promoted ? second : first;
        this.replica = promoted ? first : second;
    }

    /** The server that takes writes. Its folder and log have the name of its first role, which a promotion changes. */
    public PostgresServer primary() {
        return primary;
    }

    /** The other. */
    public PostgresServer replica() {
        return replica;
    }

    /** JDBC address of a database on whichever server is the primary when it is used, without credentials. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + Loopback.ADDRESS + ":" + primary.port() + "," + Loopback.ADDRESS + ":"
                + replica.port() + "/" + database + "?targetServerType=primary";
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
        settings.archive(command, timeout);
    }

    /** A superuser's connection to the primary; the caller closes it. */
    public Connection superuser(String database) throws SQLException {
        return primary.connect(database, SUPERUSER, options.superuserPassword());
    }

    /** The same, which fails when the server takes longer than this to answer, now or later. */
    Connection superuser(String database, Duration limit) throws SQLException {
        return primary.connect(database, SUPERUSER, options.superuserPassword(), limit);
    }

    /** Starts what does not run and returns when both servers take connections. Idempotent. */
    public void start() {
        if (!Files.isDirectory(primary.data())) {
            initialise();
        }
        startPrimary();
        startReplica();
    }

    /** Starts the primary. */
    void startPrimary() {
        settings.write(primary, primary, replica, false);
        primary.start();
        finishPromotion();
    }

    /** Promotes the primary where that was decided and not done. */
    void finishPromotion() {
        if (isStandby(primary)) {
            openForWrites();
        }
    }

    /** Starts the replica; makes it anew where it is not a copy of the primary's past, or lost the log to catch up with. */
    void startReplica() {
        try (Connection connection = superuser("postgres")) {
            Replication replication = new Replication(connection);
            boolean usable = replication.prepare(options.replicatorPassword())
                    && Files.isDirectory(replica.data())
                    && isStandby(replica);
            if (!usable) {
                rebuildReplica(replication);
            }
        } catch (SQLException e) {
            throw new StartFailure(
                    "PostgreSQL's primary refuses its superuser (" + e.getMessage()
                            + "): the secrets do not belong to this data; restore them or start with --fresh.",
                    e);
        }
        settings.write(replica, primary, replica, false);
        replica.start();
    }

    /**
     * Lets the replica take the place of the primary, which has died. What is left of the primary's processes is ended first,
     * and its data is a copy of the new primary's when it starts again: it never takes a write again.
     */
    void promote() {
        primary.fence();
        leader.is(replica);
        PostgresServer dead = primary;
        primary = replica;
        replica = dead;
        openForWrites();
    }

    private void openForWrites() {
        try (Connection connection = superuser("postgres", PROMOTION_LIMIT);
                Statement statement = connection.createStatement();
                ResultSet promoted = statement.executeQuery("SELECT pg_promote(true, 60)")) {
            if (!promoted.next() || !promoted.getBoolean(1)) {
                throw new StartFailure("The replica was not promoted within a minute: read " + primary.logFile() + ".");
            }
        } catch (SQLException e) {
            throw new StartFailure("The replica cannot be promoted: " + e.getMessage() + ".", e);
        }
    }

    /** Has the primary wait with each commit for the replica, or no longer; from now until it starts again. */
    void synchronous(boolean synchronous, Connection connection) throws SQLException {
        settings.write(primary, primary, replica, synchronous);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    /** The folder with the primary's data, of the cluster in this directory. */
    public static Path primaryData(Path directory) {
        return directory.resolve(new Leader(directory).isReplica() ? "replica" : "primary");
    }

    private static boolean isStandby(PostgresServer server) {
        return Files.exists(server.data().resolve("standby.signal"));
    }

    /** Stops the replica, then the primary, each with a fast shutdown. */
    public void stop() {
        replica.stop();
        primary.stop();
    }

    private void initialise() {
        Path fresh = sibling("primary.initialising");
        Path password = sibling("superuser.password");
        shell("rm -rf \"$1\" \"$2\" && install -d -m 700 \"$1\"", fresh, replica.data());
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
        // appears whole or not at all
        shell("mv \"$1\" \"$2\"", fresh, primary.data());
    }

    /** Makes the replica anew from the primary, which goes on working. */
    private void rebuildReplica(Replication replication) {
        replica.stop();
        replica.fence();
        Path copy = sibling("replica.initialising");
        shell("rm -rf \"$1\" \"$2\"", copy, replica.data());
        try {
            replication.keepLogFromNow();
            replication.copy(primary.data(), copy);
        } catch (SQLException e) {
            throw new StartFailure("Cannot copy the primary for its replica: " + e.getMessage() + ".", e);
        }
        account.own(copy);
        shell("mv \"$1\" \"$2\"", copy, replica.data());
    }

    private Path sibling(String name) {
        return primary.data().resolveSibling(name);
    }

    static void shell(String script, Path... arguments) {
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
