package daftar.local.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.TestFolder;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresClusterTest {
    private static final String PASSWORD = "superuser-of-a-test";
    private static Path folder;
    private static PostgresCluster cluster;
    private static Database database;

    @BeforeAll
    static void startCluster() throws SQLException {
        folder = TestFolder.fresh("postgres");
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
        database = new Database(Installation.find(), cluster);
        database.create(role -> "password of " + role);
        try (Connection connection = primary();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE noted (word text)");
        }
    }

    @AfterAll
    static void stopCluster() {
        cluster.stop();
        TestFolder.delete(folder);
    }

    @BeforeEach
    void startWhatTheLastTestStopped() {
        cluster.start();
    }

    @Test
    void replicaStreamsWhatThePrimaryCommits() throws SQLException {
        String value = write("streamed");
        assertTrue(replicaHas(value));
    }

    @Test
    void replicaRefusesWrites() throws SQLException {
        assertTrue(replicaHas(write("writable table")));
        try (Connection connection = replica()) {
            SQLException refused = assertThrows(SQLException.class, () -> insert(connection, "never"));
            assertEquals("25006", refused.getSQLState(), "read_only_sql_transaction");
        }
    }

    @Test
    void dataSurvivesARestartOfBothServers() throws SQLException {
        String value = write("restarted");
        cluster.stop();
        assertFalse(cluster.primary().isRunning());
        assertFalse(cluster.replica().isRunning());
        cluster.start();
        assertTrue(replicaHas(value));
        assertEquals("1", primarySays("SELECT count(*) FROM noted WHERE word = '" + value + "'"));
    }

    @Test
    void committedDataSurvivesAKilledPrimary() throws SQLException {
        String value = write("killed");
        cluster.primary().kill();
        assertFalse(cluster.primary().isRunning());
        cluster.primary().start();
        assertEquals("1", primarySays("SELECT count(*) FROM noted WHERE word = '" + value + "'"));
        assertTrue(replicaHas(write("after the kill")), "the replica streams again");
    }

    @Test
    void replicaCatchesUpWithWhatItMissedWhileItWasDead() throws SQLException {
        cluster.replica().kill();
        String value = write("missed");
        cluster.replica().start();
        assertTrue(replicaHas(value));
    }

    @Test
    void replicaThatLostItsLogIsMadeAnew() throws SQLException {
        cluster.replica().stop();
        String value = write("lost");
        try (Connection connection = primary();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
            statement.execute("ALTER SYSTEM SET wal_keep_size = 0");
            statement.execute("ALTER SYSTEM SET max_wal_size = '32MB'");
            statement.execute("ALTER SYSTEM SET min_wal_size = '32MB'");
            statement.execute("SELECT pg_reload_conf()");
            boolean lost = false;
            for (int switches = 0; switches < 50 && !lost; switches++) {
                statement.execute("SELECT pg_switch_wal()");
                insert(connection, "filler");
                statement.execute("CHECKPOINT");
                lost = "lost".equals(primarySays("SELECT wal_status FROM pg_replication_slots"));
            }
            assertTrue(lost, "the slot is lost");
            statement.execute("ALTER SYSTEM RESET ALL");
            statement.execute("SELECT pg_reload_conf()");
        }
        cluster.start();
        assertTrue(replicaHas(value));
        assertTrue(replicaHas(write("streams again")));
    }

    @Test
    void secondStartChangesNothing() throws SQLException {
        long pid = cluster.primary().process().orElseThrow().pid();
        cluster.start();
        assertEquals(pid, cluster.primary().process().orElseThrow().pid());
    }

    @Test
    void pausedPrimaryAnswersAgainAfterResume() throws Exception {
        try (Connection connection = primary()) {
            cluster.primary().pause();
            assertFalse(connection.isValid(1));
            cluster.primary().resume();
        } finally {
            cluster.primary().resume();
        }
        assertEquals("1", primarySays("SELECT 1"));
    }

    @Test
    void settingsAreThoseThatThePlatformReliesOn() throws SQLException {
        assertEquals("100", primarySays("SHOW max_connections"));
        assertEquals("3", primarySays("SHOW superuser_reserved_connections"));
        assertEquals("on", primarySays("SHOW fsync"));
        assertEquals("on", primarySays("SHOW synchronous_commit"));
        assertEquals("UTC", primarySays("SHOW log_timezone"));
        assertEquals("UTC", primarySays("""
                SELECT setting FROM pg_file_settings WHERE name = 'timezone' AND applied"""));
        assertEquals("127.0.0.1", primarySays("SHOW listen_addresses"));
        assertEquals("C.UTF-8", primarySays("SELECT datlocale FROM pg_database WHERE datname = 'daftar'"));
    }

    @Test
    void wrongPasswordIsRefused() {
        SQLException refused = assertThrows(
                SQLException.class, () -> cluster.primary().connect(Database.NAME, "usage_app", "guessed"));
        assertEquals("28P01", refused.getSQLState());
    }

    @Test
    void connectionLimitsSumToTheServersLimit() throws SQLException {
        ConnectionBudget budget = ConnectionBudget.read(Installation.find());
        assertEquals(100, budget.sum());
        assertEquals(
                Integer.toString(budget.sum() - budget.limits().get("superuser")),
                primarySays(
                        "SELECT sum(rolconnlimit) FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND rolname <> 'replicator'"));
    }

    @Test
    void rolesCarryTheirLimits() throws SQLException {
        try (Connection application = login("usage_app")) {
            assertEquals("1min", says(application, "SHOW statement_timeout"));
            assertEquals("5s", says(application, "SHOW lock_timeout"));
            assertEquals("30s", says(application, "SHOW idle_in_transaction_session_timeout"));
            // the driver announces the JVM's own zone, so the role's setting shows in the catalogue only
            assertEquals("true", says(application, """
                    SELECT bool_and('TimeZone=UTC' = ANY (rolconfig))::text FROM pg_roles WHERE rolname LIKE '%_app'"""));
            assertEquals("usage", says(application, "SHOW search_path"));
        }
        try (Connection owner = login("usage_owner")) {
            assertEquals("0", says(owner, "SHOW statement_timeout"));
            assertEquals("1500ms", says(owner, "SHOW lock_timeout"));
        }
    }

    @Test
    void applicationUsesWhatItsOwnerMadeAndMakesNothingItself() throws SQLException {
        try (Connection owner = login("usage_owner");
                Statement statement = owner.createStatement()) {
            statement.execute("CREATE TABLE probe (n int)");
            statement.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        }
        try (Connection application = login("usage_app");
                Statement statement = application.createStatement()) {
            assertEquals(1, statement.executeUpdate("INSERT INTO probe VALUES (1)"));
            assertEquals("1", says(application, "SELECT one()"));
            assertRefused(statement, "CREATE TABLE mine (n int)");
            assertRefused(statement, "CREATE TABLE public.mine (n int)");
            assertRefused(statement, "TRUNCATE probe");
            assertRefused(statement, "DROP TABLE probe");
        }
        try (Connection other = login("billing_app");
                Statement statement = other.createStatement()) {
            assertRefused(statement, "SELECT n FROM usage.probe");
            assertRefused(statement, "SELECT usage.one()");
        }
    }

    @Test
    void creatingTheDatabaseTwiceChangesNothing() throws SQLException {
        String grants = "SELECT string_agg(defaclacl::text, '|' ORDER BY oid) FROM pg_default_acl";
        try (Connection connection = cluster.superuser(Database.NAME)) {
            String before = says(connection, grants);
            database.create(role -> "password of " + role);
            assertEquals(before, says(connection, grants));
        }
    }

    private static void assertRefused(Statement statement, String sql) {
        SQLException refused = assertThrows(SQLException.class, () -> statement.execute(sql), sql);
        assertTrue(List.of("42501", "3F000").contains(refused.getSQLState()), () -> sql + ": " + refused);
    }

    private static String write(String word) throws SQLException {
        String value = word + " " + System.nanoTime();
        try (Connection connection = primary()) {
            insert(connection, value);
        }
        return value;
    }

    private static void insert(Connection connection, String word) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO noted VALUES ('" + word + "')");
        }
    }

    private static boolean replicaHas(String value) {
        return Waiting.until(Duration.ofSeconds(20), () -> {
            try (Connection connection = replica()) {
                return !"0".equals(says(connection, "SELECT count(*) FROM noted WHERE word = '" + value + "'"));
            } catch (SQLException e) {
                return false;
            }
        });
    }

    private static Connection primary() throws SQLException {
        return cluster.superuser("postgres");
    }

    private static Connection replica() throws SQLException {
        return cluster.replica().connect("postgres", PostgresCluster.SUPERUSER, PASSWORD);
    }

    private static Connection login(String role) throws SQLException {
        return cluster.primary().connect(Database.NAME, role, "password of " + role);
    }

    private static String primarySays(String sql) throws SQLException {
        try (Connection connection = primary()) {
            return says(connection, sql);
        }
    }

    private static String says(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertTrue(result.next(), sql);
            return result.getString(1);
        }
    }

    @Test
    void primaryAndReplicaListenOnDifferentPorts() {
        assertNotEquals(cluster.primary().port(), cluster.replica().port());
    }
}
