package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.TestFolder;
import daftar.local.process.Waiting;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An index that is built concurrently, and what is left of it when that goes wrong. */
class ConcurrentIndexTest {
    private static final String VALID =
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('usage.words_word')";

    @RegisterExtension
    final SliceDatabase database = new SliceDatabase();

    private final Settings settings = SliceDatabase.settings();

    @BeforeEach
    void aTable() throws SQLException {
        database.script("V1__words.sql", "-- Phase: expand.\nCREATE TABLE words (id bigint PRIMARY KEY, word text);");
        assertEquals(ExitCode.DONE, run().exitCode());
        database.sql("INSERT INTO usage.words VALUES (1, 'ink'), (2, 'pen')");
        database.script(
                "V2__word.sql", "-- Phase: expand.\nCREATE UNIQUE INDEX CONCURRENTLY words_word ON words (word);");
    }

    @Test
    void isBuiltWithoutWaitingForFlywaysOwnLock() throws SQLException {
        assertEquals(ExitCode.DONE, run().exitCode());
        assertEquals("t", database.says(VALID));
    }

    @Test
    void aHalfMadeOneIsDroppedAndBuiltAnew() throws SQLException {
        database.sql("INSERT INTO usage.words VALUES (3, 'pen')");
        Report failed = run();
        assertEquals(ExitCode.FAILED, failed.exitCode());
        assertTrue(failed.message().contains("23505"), failed::message);
        assertFalse(failed.message().contains("pen"), "a row may hold personal data");
        assertEquals("f", database.says(VALID), "what a failed build leaves");
        database.sql("DELETE FROM usage.words WHERE id = 3");
        Report report = run();
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals(List.of("words_word"), report.droppedIndexes());
        assertEquals("t", database.says(VALID));
        assertEquals("2", database.says("SELECT count(*) FROM usage.flyway_schema_history WHERE success"));
    }

    @Test
    void oneThatWaitsForAnOldTransactionIsTriedAgain() throws SQLException {
        Connection reader = database.session("usage_app");
        reader.setAutoCommit(false);
        SliceDatabase.says(reader, "SELECT count(*) FROM words");
        settings.concurrentLadder = new Ladder(
                List.of(Duration.ofMillis(300), Duration.ofSeconds(60)), Duration.ofMillis(10), Duration.ofMillis(10));
        settings.pause = pause -> {
            if (pause.toMillis() <= 10) {
                rollback(reader);
            }
        };
        // the drop of what the first attempt left waits for the reader too, so it is the one that is tried again
        Report report = run();
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals("t", database.says(VALID));
    }

    @Test
    void aKilledMigratorsIndexIsBuiltByTheNext() throws Exception {
        Connection reader = database.session("usage_app");
        reader.setAutoCommit(false);
        SliceDatabase.says(reader, "SELECT count(*) FROM words");
        Path folder = TestFolder.fresh("migrate-index");
        Process process = Command.start(database, folder, "--phase", "expand");
        try {
            assertTrue(
                    Waiting.until(Duration.ofSeconds(60), () -> isThere() || !process.isAlive()),
                    "the build has begun");
            process.destroyForcibly().waitFor();
            assertEquals("f", database.says(VALID));
            reader.rollback();
            Report report = run();
            assertEquals(ExitCode.DONE, report.exitCode(), report::message);
            assertEquals("t", database.says(VALID));
            assertEquals("0", database.says("SELECT count(*) FROM pg_index WHERE NOT indisvalid"));
        } finally {
            process.destroyForcibly();
            TestFolder.delete(folder);
        }
    }

    @Test
    void anInvalidIndexThatNoScriptIsAboutIsForAPersonToMend() throws SQLException {
        run();
        database.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'usage.words_word'::regclass");
        Report report = run();
        assertEquals(ExitCode.REFUSED, report.exitCode());
        assertTrue(report.message().contains("REINDEX INDEX CONCURRENTLY"), report::message);
    }

    private boolean isThere() {
        try {
            return database.says(VALID) != null;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void rollback(Connection session) {
        try {
            session.rollback();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Report run() {
        return new Migration(database.slice(), settings).run(Phase.EXPAND);
    }
}
