package daftar.testkit;

import daftar.local.Installation;
import daftar.local.kafka.KafkaBroker;
import daftar.local.postgres.Database;
import daftar.local.postgres.PostgresCluster;
import daftar.local.s3.S3Store;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/**
 * A handle on the running parts. It is described by a folder and ports alone, which a system property
 * carries, since tests and test resources may live in different class loaders.
 */
public final class Stack {

    /** Every role's password in tests, and both keys of the S3 store. */
    public static final String PASSWORD = "test";

    private static final String PROPERTY = "daftar.test-stack";

    private final Path folder;
    private final Path logs;
    private final List<Integer> ports;
    private final PostgresCluster postgres;
    private final KafkaBroker kafka;
    private final S3Store s3;

    private Stack(Path folder, Path logs, List<Integer> ports) {
        this.folder = folder;
        this.logs = logs;
        this.ports = ports;
        Installation installation = Installation.find();
        this.postgres = new PostgresCluster(
                installation,
                new PostgresCluster.Options(
                        folder.resolve("postgres"), logs, ports.get(0), ports.get(1), PASSWORD, PASSWORD, 64));
        this.kafka = new KafkaBroker(
                installation, new KafkaBroker.Options(folder.resolve("kafka"), logs, ports.get(2), ports.get(3), 256));
        this.s3 = new S3Store(
                installation, new S3Store.Options(folder.resolve("s3"), logs, ports.get(6), PASSWORD, PASSWORD));
    }

    static Stack describe(Path folder, Path logs) {
        return new Stack(folder, logs.toAbsolutePath(), freePorts(7));
    }

    /** The stack that {@link TestStack} started for this test run. */
    public static Stack current() {
        String[] parts = System.getProperty(PROPERTY, "").split("\n", -1);
        if (parts.length != 3) {
            throw new IllegalStateException("no stack runs: annotate the test with @WithTestResource(TestStack.class)");
        }
        List<Integer> ports =
                Arrays.stream(parts[2].split(",")).map(Integer::valueOf).toList();
        return new Stack(Path.of(parts[0]), Path.of(parts[1]), ports);
    }

    void publish() {
        String list = ports.stream().map(String::valueOf).collect(Collectors.joining(","));
        System.setProperty(PROPERTY, String.join("\n", folder.toString(), logs.toString(), list));
    }

    Path folder() {
        return folder;
    }

    /** Where the service under test listens. */
    public int servicePort() {
        return ports.get(4);
    }

    /** Where the service under test serves health and metrics. */
    public int managementPort() {
        return ports.get(5);
    }

    /** The cluster: stop, kill, pause and start its servers, and leave it running as you found it. */
    public PostgresCluster postgres() {
        return postgres;
    }

    /** The broker: stop, kill, pause and start it, and leave it running as you found it. */
    public KafkaBroker kafka() {
        return kafka;
    }

    /** The S3 store; it runs where the service's application.properties names a bucket ({@code daftar.s3.bucket}). */
    public S3Store s3() {
        return s3;
    }

    /** Where the store keeps its objects: a bucket is a folder, a key a path in it. */
    public Path s3Objects() {
        return folder.resolve("s3").resolve("objects");
    }

    /** A connection to the primary as any role, such as {@code usage_owner}; the caller closes it. */
    public Connection connect(String role) throws SQLException {
        return postgres.primary().connect(Database.NAME, role, PASSWORD);
    }

    /** A new user, straight into identity's table, for tests of the other services. */
    public UUID newUser() {
        UUID id = UUID.randomUUID();
        execute("identity_owner", "INSERT INTO identity.users (id, email) VALUES (?, ?)", id, id + "@test.invalid");
        return id;
    }

    /** Runs one statement as the role. */
    public int execute(String role, String sql, Object... parameters) {
        try (Connection connection = connect(role);
                PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs one query as the role; each row maps column labels to values, in order. */
    public List<Map<String, Object>> query(String role, String sql, Object... parameters) {
        try (Connection connection = connect(role);
                PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            try (ResultSet result = statement.executeQuery()) {
                List<Map<String, Object>> rows = new ArrayList<>();
                while (result.next()) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                        row.put(result.getMetaData().getColumnLabel(i), result.getObject(i));
                    }
                    rows.add(row);
                }
                return rows;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The single value of a query's single row, as a number. */
    public long number(String role, String sql, Object... parameters) {
        Object value = query(role, sql, parameters).get(0).values().iterator().next();
        return ((Number) value).longValue();
    }

    private static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
    }

    /**
     * Below the range that the kernel takes clients' ports from: a client that tries again and again to
     * reach a killed server there would in the end be given the server's own port, and hold it.
     */
    private static List<Integer> freePorts(int count) {
        return ThreadLocalRandom.current()
                .ints(10_000, 32_000)
                .distinct()
                .filter(Stack::isFree)
                .limit(count)
                .boxed()
                .toList();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
