package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.postgres.PostgresCluster;
import daftar.local.process.Waiting;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class GuardTest {
    @RegisterExtension
    final SliceDatabase database = new SliceDatabase();

    private final Settings settings = SliceDatabase.settings();
    private final List<String> log = new ArrayList<>();

    @BeforeEach
    void oneScriptIsPending() {
        database.script("V1__words.sql", "-- Phase: expand.\nCREATE TABLE words (id bigint PRIMARY KEY);");
        settings.log(log::add);
    }

    @Test
    void refusesWhileAnOldTransactionIsOpen() throws SQLException {
        Connection old = database.session("usage_app");
        old.setAutoCommit(false);
        SliceDatabase.says(old, "SELECT 1");
        settings.oldestTransaction = Duration.ZERO;
        assertRefused(Guard.LONG_TRANSACTION, "of usage_app");
        settings.oldestTransaction = Duration.ofSeconds(60);
        assertEquals(ExitCode.DONE, run().exitCode(), "a young one is none of its business");
    }

    @Test
    void anOverrideNeedsAReasonWhichIsLoggedAndReported() throws SQLException {
        Connection old = database.session("usage_app");
        old.setAutoCommit(false);
        SliceDatabase.says(old, "SELECT 1");
        settings.oldestTransaction = Duration.ZERO;
        settings.override(Guard.LONG_TRANSACTION, "a report that reads another table");
        Report report = run();
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertTrue(
                report.json().contains("\"long-transaction\" : \"a report that reads another table\""), report::json);
        assertTrue(log.stream().anyMatch(line -> line.contains("a report that reads another table")), log::toString);
    }

    @Test
    void nothingPendingAsksNoGuardOfTheMoment() throws SQLException {
        run();
        Connection old = database.session("usage_app");
        old.setAutoCommit(false);
        SliceDatabase.says(old, "SELECT 1");
        settings.oldestTransaction = Duration.ZERO;
        assertEquals(ExitCode.DONE, run().exitCode());
    }

    @Test
    void refusesWhileAReplicaIsBehind() throws SQLException {
        try (Connection replica = replica()) {
            SliceDatabase.says(replica, "SELECT pg_wal_replay_pause()");
            settings.replicaLag = Duration.ofMillis(500);
            assertRefused(Guard.REPLICA_LAG, "behind");
            SliceDatabase.says(replica, "SELECT pg_wal_replay_resume()");
        }
        settings.replicaLag = Duration.ofSeconds(10);
        assertEquals(ExitCode.DONE, run().exitCode());
    }

    @Test
    void refusesWhileABaseBackupRuns() throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", "daftar_backup");
        properties.setProperty("password", SliceDatabase.PASSWORD);
        properties.setProperty("replication", "true");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "18");
        Connection backup = DriverManager.getConnection(database.slice().jdbcUrl(), properties);
        Thread slow = new Thread(
                () -> {
                    try {
                        SliceDatabase.execute(backup, "BASE_BACKUP (LABEL 'slow', MAX_RATE 32, CHECKPOINT 'fast')");
                    } catch (SQLException endedByTheTest) {
                        log.add("the backup was ended");
                    }
                },
                "base backup");
        slow.start();
        assertTrue(Waiting.until(Duration.ofSeconds(30), () -> has("pg_stat_progress_basebackup")));
        assertRefused(Guard.BASE_BACKUP, "base backup");
        database.says("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_progress_basebackup");
        slow.join();
        backup.close();
        assertTrue(Waiting.until(Duration.ofSeconds(30), () -> !has("pg_stat_progress_basebackup")));
        assertEquals(ExitCode.DONE, run().exitCode());
    }

    @Test
    void refusesToWorkThroughAPooler() throws Exception {
        try (Pooler pooler = Pooler.before(database.cluster().primary().port())) {
            Report report = new Migration(database.slice(pooler.port()), settings).run(Phase.EXPAND);
            assertEquals(ExitCode.REFUSED, report.exitCode());
            assertTrue(report.message().contains("(guard pooler)"), report::message);
        }
    }

    @Test
    void refusesToWorkOnAReplica() {
        Report report =
                new Migration(database.slice(database.cluster().replica().port()), settings).run(Phase.EXPAND);
        assertEquals(ExitCode.REFUSED, report.exitCode(), report::message);
        assertTrue(report.message().contains("(guard primary)"), report::message);
    }

    @Test
    void refusesToWorkAsARoleThatDoesNotOwnTheSchema() throws SQLException {
        database.sql("ALTER SCHEMA usage OWNER TO postgres");
        assertRefused(Guard.ROLE, "belongs to postgres and not to usage_owner");
    }

    private void assertRefused(Guard guard, String because) {
        Report report = run();
        assertEquals(ExitCode.REFUSED, report.exitCode(), report::message);
        assertTrue(report.message().contains("(guard " + guard.word() + ")"), report::message);
        assertTrue(report.message().contains(because), report::message);
        assertEquals(List.of(), report.scripts());
    }

    private Report run() {
        return new Migration(database.slice(), settings).run(Phase.EXPAND);
    }

    private Connection replica() throws SQLException {
        return database.cluster().replica().connect("postgres", PostgresCluster.SUPERUSER, SliceDatabase.PASSWORD);
    }

    private boolean has(String view) {
        try {
            return database.says("SELECT 1 FROM " + view) != null;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
