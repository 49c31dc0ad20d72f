package daftar.migrate;

import daftar.local.Installation;
import daftar.local.TestFolder;
import daftar.local.postgres.Database;
import daftar.local.postgres.PostgresCluster;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The platform's database on one real cluster for all tests, and for each test the slice {@code usage} in it, empty, with
 * the scripts that the test writes.
 */
final class SliceDatabase implements BeforeEachCallback, AfterEachCallback {
    static final String PASSWORD = "test";

    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(SliceDatabase.class);

    private final List<Connection> connections = new ArrayList<>();
    private PostgresCluster cluster;
    private Path folder;

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        cluster = context.getRoot()
                .getStore(SPACE)
                .computeIfAbsent("cluster", key -> new Running(), Running.class)
                .cluster;
        folder = Files.createTempDirectory("daftar-scripts-");
        sql("DROP SCHEMA IF EXISTS usage CASCADE");
        new Database(Installation.find(), cluster).create(role -> PASSWORD);
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        for (Connection connection : connections) {
            connection.close();
        }
        connections.clear();
        TestFolder.delete(folder);
    }

    /** Writes a script of the slice. */
    void script(String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The slice as production would name it. */
    Slice slice() {
        return slice(cluster.primary().port());
    }

    /** The slice behind another port of this machine. */
    Slice slice(int port) {
        return new Slice(
                "usage", "jdbc:postgresql://127.0.0.1:" + port + "/" + Database.NAME, PASSWORD, Scripts.in(folder));
    }

    /** Production's settings without its back-fills and its long waits. */
    static Settings settings() {
        Settings settings = Settings.defaults();
        settings.backfills = List.of();
        return settings;
    }

    PostgresCluster cluster() {
        return cluster;
    }

    Path folder() {
        return folder;
    }

    /** A session that is closed after the test. */
    Connection session(String role) throws SQLException {
        return keep(cluster.primary().connect(Database.NAME, role, PASSWORD));
    }

    /** A superuser's session that is closed after the test. */
    Connection superuser() throws SQLException {
        return keep(cluster.superuser(Database.NAME));
    }

    private Connection keep(Connection connection) {
        connections.add(connection);
        return connection;
    }

    /** Runs statements as a superuser. */
    void sql(String statements) throws SQLException {
        try (Connection superuser = cluster.superuser(Database.NAME)) {
            execute(superuser, statements);
        }
    }

    /** One value, read by a superuser. */
    String says(String query) throws SQLException {
        try (Connection superuser = cluster.superuser(Database.NAME)) {
            return says(superuser, query);
        }
    }

    static String says(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            return result.next() ? result.getString(1) : null;
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** JUnit closes what its store holds when all tests are done. */
    private static final class Running implements AutoCloseable {
        private final Path folder = TestFolder.fresh("migrate");
        private final PostgresCluster cluster;

        Running() {
            List<Integer> ports = Loopback.freePorts(2);
            cluster = new PostgresCluster(
                    Installation.find(),
                    new PostgresCluster.Options(
                            folder.resolve("data"),
                            folder.resolve("logs"),
                            ports.get(0),
                            ports.get(1),
                            PASSWORD,
                            "streams",
                            32));
            cluster.start();
            new Database(Installation.find(), cluster).create(role -> PASSWORD);
        }

        @Override
        public void close() {
            cluster.stop();
            TestFolder.delete(folder);
        }
    }
}
