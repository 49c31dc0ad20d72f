package daftar.local.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.TestFolder;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was acknowledged survives the primary, and the server that died comes back as the other's replica. */
class FailoverTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder = TestFolder.fresh("failover");
    private final List<Integer> ports = Loopback.freePorts(2);
    private PostgresCluster cluster = cluster();
    private final AtomicBoolean told = new AtomicBoolean();
    private Failover failover = failover();

    @BeforeEach
    void startCluster() throws SQLException {
        cluster.start();
        says(cluster.primary(), "CREATE TABLE noted (number int PRIMARY KEY)");
    }

    @AfterEach
    void stopCluster() {
        cluster.replica().resume();
        cluster.stop();
        TestFolder.delete(folder);
    }

    @Test
    void theReplicaHasEverythingThatWasAcknowledgedWhenItIsPromoted() throws Exception {
        awaitReady();
        PostgresServer first = cluster.primary();
        Writer writer = new Writer();
        writer.awaitWrites(200);

        first.kill();
        failover.replacePrimary();
        Set<Integer> acknowledged = writer.finish();

        assertNotEquals(first, cluster.primary());
        assertTrue(told.get(), "the archive may lack log of the first");
        assertTrue(written(cluster.primary()).containsAll(acknowledged), "nothing is lost");
        failover.replaceReplica();
        awaitReady();
        assertEquals(first, cluster.replica());
        says(cluster.primary(), "INSERT INTO noted VALUES (-1)");
        assertTrue(written(cluster.primary()).contains(-1));
        assertTrue(Waiting.until(LIMIT, () -> writtenNow(first).contains(-1)), "the other follows");
    }

    @Test
    void andTheOtherWayRoundAfterARestartOfEverything() throws Exception {
        awaitReady();
        PostgresServer first = cluster.primary();
        first.kill();
        failover.replacePrimary();
        failover.replaceReplica();
        says(cluster.primary(), "INSERT INTO noted VALUES (1)");
        cluster.stop();

        cluster = cluster();
        failover = failover();
        cluster.start();

        assertEquals(first.port(), cluster.replica().port(), "who is the primary is not forgotten");
        awaitReady();
        cluster.primary().kill();
        failover.replacePrimary();
        assertEquals(first.port(), cluster.primary().port());
        assertEquals(Set.of(1), written(cluster.primary()));
    }

    /** Else what was acknowledged while the replica did not follow would be lost. */
    @Test
    void aReplicaThatDidNotFollowIsNotPromoted() throws Exception {
        awaitReady();
        PostgresServer first = cluster.primary();
        cluster.replica().pause();
        assertTrue(
                Waiting.until(LIMIT, () -> {
                    failover.look();
                    return !failover.isReady();
                }),
                "who waits for the replica is let go");
        says(first, "INSERT INTO noted VALUES (7)");

        first.kill();
        cluster.replica().resume();
        failover.replacePrimary();

        assertEquals(first, cluster.primary());
        assertFalse(told.get(), "whose log goes on");
        assertEquals(Set.of(7), written(first));
    }

    @Test
    void aPromotionThatWasDecidedIsDoneAtTheNextStart() throws Exception {
        awaitReady();
        says(cluster.primary(), "INSERT INTO noted VALUES (3)");
        PostgresServer second = cluster.replica();
        cluster.stop();
        new Leader(folder.resolve("data")).is(second);

        cluster = cluster();
        cluster.start();

        assertEquals(second.port(), cluster.primary().port());
        says(cluster.primary(), "INSERT INTO noted VALUES (4)");
        assertEquals(Set.of(3, 4), written(cluster.primary()));
    }

    @Test
    void aPromotionThatDoesNotSucceedIsToldOfOnceAndTriedAgain() throws Exception {
        List<String> said = new ArrayList<>();
        Failover watching = new Failover(cluster, () -> {}, said::add);
        Path signal = cluster.primary().data().resolve("standby.signal");
        Files.createFile(signal);

        watching.look();
        watching.look();

        assertEquals(1, said.size(), said::toString);
        assertTrue(said.get(0).contains("cannot be promoted"), said::toString);
        Files.delete(signal);
        assertTrue(Waiting.until(LIMIT, () -> {
            watching.look();
            return watching.isReady();
        }));
    }

    @Test
    void whatIsLeftOfAKilledServerIsEnded() throws Exception {
        PostgresServer first = cluster.primary();
        first.pause();
        first.process().orElseThrow().kill();
        assertFalse(first.isRunning(), "its children are frozen, and know nothing of it");

        first.fence();

        first.start();
        assertEquals(Set.of(), written(first));
    }

    private Failover failover() {
        return new Failover(cluster, () -> told.set(true), line -> {});
    }

    private PostgresCluster cluster() {
        return new PostgresCluster(
                Installation.find(),
                new PostgresCluster.Options(
                        folder.resolve("data"),
                        folder.resolve("logs"),
                        ports.get(0),
                        ports.get(1),
                        "superuser-of-a-test",
                        "streams",
                        32));
    }

    private void awaitReady() {
        assertTrue(
                Waiting.until(LIMIT, () -> {
                    failover.look();
                    return failover.isReady();
                }),
                "the replica can take the primary's place");
    }

    private static void says(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = connect(server);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Connection connect(PostgresServer server) throws SQLException {
        return server.connect("postgres", PostgresCluster.SUPERUSER, "superuser-of-a-test");
    }

    private static Set<Integer> written(PostgresServer server) throws SQLException {
        Set<Integer> written = new TreeSet<>();
        try (Connection connection = connect(server);
                Statement statement = connection.createStatement();
                ResultSet numbers = statement.executeQuery("SELECT n.number FROM noted AS n")) {
            while (numbers.next()) {
                written.add(numbers.getInt(1));
            }
        }
        return written;
    }

    private static Set<Integer> writtenNow(PostgresServer server) {
        try {
            return written(server);
        } catch (SQLException e) {
            return Set.of();
        }
    }

    /** Inserts one number after the other into the first primary, until its connection is lost. */
    private final class Writer {
        private final Set<Integer> acknowledged = java.util.Collections.synchronizedSet(new TreeSet<>());
        private final AtomicBoolean lost = new AtomicBoolean();
        private final Thread thread = new Thread(this::write);

        Writer() {
            thread.start();
        }

        private void write() {
            try (Connection connection = connect(cluster.primary());
                    Statement statement = connection.createStatement()) {
                for (int number = 0; ; number++) {
                    statement.execute("INSERT INTO noted VALUES (" + number + ")");
                    acknowledged.add(number);
                }
            } catch (SQLException killed) {
                lost.set(true);
            }
        }

        void awaitWrites(int count) {
            assertTrue(Waiting.until(LIMIT, () -> acknowledged.size() >= count));
        }

        Set<Integer> finish() throws InterruptedException {
            thread.join(LIMIT.toMillis());
            assertTrue(lost.get(), "the connection is lost with the server");
            return acknowledged;
        }
    }
}
