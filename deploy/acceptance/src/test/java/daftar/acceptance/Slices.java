package daftar.acceptance;

import daftar.local.Installation;
import daftar.local.postgres.Database;
import daftar.local.postgres.Migrations;
import daftar.local.postgres.PostgresCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A real database with all five slices migrated, once for all test classes that ask for it. */
final class Slices implements BeforeAllCallback {

    private static final String PASSWORD = "test";
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(Slices.class);

    private static volatile PostgresCluster cluster;

    @Override
    public void beforeAll(ExtensionContext context) {
        cluster = context.getRoot()
                .getStore(SPACE)
                .computeIfAbsent("cluster", key -> new Running(), Running.class)
                .cluster;
    }

    static Connection connect(String role) throws SQLException {
        return cluster.primary().connect(Database.NAME, role, PASSWORD);
    }

    static Connection superuser(String database) throws SQLException {
        return cluster.superuser(database);
    }

    /** Rows as texts joined by {@code " | "}. */
    static List<String> query(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<String> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                int columns = result.getMetaData().getColumnCount();
                while (result.next()) {
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= columns; i++) {
                        row.add(String.valueOf(result.getObject(i)));
                    }
                    rows.add(String.join(" | ", row));
                }
            }
            return rows;
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** JUnit closes what its store holds when all tests are done. */
    private static final class Running implements AutoCloseable {

        private final Path folder;
        private final PostgresCluster cluster;

        Running() {
            try {
                folder = Files.createTempDirectory("daftar-slices-");
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Installation installation = Installation.find();
            Path logs = Path.of("target", "slices-logs").toAbsolutePath();
            List<Integer> ports = freePorts();
            cluster = new PostgresCluster(
                    installation,
                    new PostgresCluster.Options(folder, logs, ports.get(0), ports.get(1), PASSWORD, PASSWORD, 64));
            cluster.start();
            new Database(installation, cluster).create(role -> PASSWORD);
            new Migrations(installation, cluster.primary().jdbcUrl(Database.NAME), role -> PASSWORD).migrateAll();
        }

        private static List<Integer> freePorts() {
            try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    ServerSocket two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                return List.of(one.getLocalPort(), two.getLocalPort());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            cluster.stop();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
