package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A table that somebody reads in an open transaction. */
class LockTest {
    @RegisterExtension
    final SliceDatabase database = new SliceDatabase();

    private final Settings settings = SliceDatabase.settings();
    private Connection reader;

    @BeforeEach
    void someoneReads() throws SQLException {
        database.script("V1__words.sql", "-- Phase: expand.\nCREATE TABLE words (id bigint PRIMARY KEY);");
        assertEquals(ExitCode.DONE, run().exitCode());
        database.script("V2__letters.sql", """
                -- Phase: expand. Safe.
                CREATE TABLE before (n int);
                ALTER TABLE words ADD COLUMN letters int;
                """);
        reader = database.session("usage_app");
        reader.setAutoCommit(false);
        SliceDatabase.says(reader, "SELECT count(*) FROM words");
        settings.transactionalLadder = new Ladder(
                List.of(Duration.ofMillis(50), Duration.ofMillis(60), Duration.ofMillis(70)),
                Duration.ofMillis(10),
                Duration.ofMillis(10));
    }

    @Test
    void theScriptIsTriedAgainUntilTheReaderIsGone() {
        settings.pause = pause -> {
            if (pause.toMillis() <= 10) {
                endOf(reader);
            }
        };
        Report report = run();
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals(1, report.scripts().get(0).lockRetries());
        assertTrue(report.metrics().contains("daftar_migration_lock_retries{slice=\"usage\"} 1\n"), report::metrics);
    }

    @Test
    void afterTheLastAttemptItEndsAndNothingHasChanged() throws SQLException {
        settings.pause = pause -> {};
        Report report = run();
        assertEquals(ExitCode.LOCKED, report.exitCode());
        assertEquals("t", database.says("SELECT to_regclass('usage.before') IS NULL"));
        assertEquals(1, report.pending().size());
    }

    @Test
    void whoComesAfterWaitsNoLongerThanTheLockTimeout() throws Exception {
        settings.pause = pause -> {};
        settings.transactionalLadder =
                new Ladder(List.of(Duration.ofSeconds(2)), Duration.ofMillis(1), Duration.ofMillis(1));
        Connection watcher = database.superuser();
        Connection other = database.session("usage_app");
        Thread migrator = new Thread(this::run, "migrator");
        migrator.start();
        while (migrator.isAlive()
                && SliceDatabase.says(
                                watcher,
                                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'usage.words'::regclass")
                        == null) {
            Thread.onSpinWait();
        }
        assertTrue(migrator.isAlive(), "it waits for the lock");
        long began = System.nanoTime();
        SliceDatabase.says(other, "SELECT count(*) FROM words");
        long waited = (System.nanoTime() - began) / 1_000_000;
        migrator.join();
        assertTrue(waited < 2000 + 3000, waited + " ms, while the reader before goes on for ever");
    }

    private Report run() {
        return new Migration(database.slice(), settings).run(Phase.EXPAND);
    }

    private static void endOf(Connection session) {
        try {
            session.rollback();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
