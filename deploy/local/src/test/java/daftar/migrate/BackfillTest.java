package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.TestFolder;
import daftar.local.postgres.PostgresCluster;
import daftar.local.process.Waiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows that were there before the column {@code letters}: each must be counted, and none twice. */
class BackfillTest {
    private static final int ROWS = 20_000;
    private static final String WRONG = "SELECT count(*) FROM usage.words WHERE letters <> length(word)";

    @RegisterExtension
    final SliceDatabase database = new SliceDatabase();

    private final Settings settings = SliceDatabase.settings();

    @BeforeEach
    void rowsAreThere() throws SQLException {
        database.script(
                "V1__words.sql", "-- Phase: expand.\nCREATE TABLE words (id bigint PRIMARY KEY, word text NOT NULL);");
        settings.backfills = List.of();
        run(Phase.EXPAND);
        database.sql(
                "INSERT INTO usage.words SELECT n, repeat('x', n % 9 + 1) FROM generate_series(1, " + ROWS + ") AS n");
        database.script(
                "V2__letters.sql", "-- Phase: expand.\nALTER TABLE words ADD COLUMN letters int NOT NULL DEFAULT 0;");
        database.script("V3__checked.sql", """
                -- Phase: contract. Safe.
                -- requires-app: >= 1.0
                -- requires-backfill: letters_counted
                ALTER TABLE words ALTER COLUMN letters DROP DEFAULT;
                """);
        settings.backfills = List.of(new LettersCounted());
        settings.timeShareOfBackfill = 1;
        run(Phase.EXPAND);
    }

    @Test
    void goesOverEveryRowOnceAndThenNeverAgain() throws SQLException {
        Report report = run(Phase.BACKFILL);
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals(ROWS, report.backfills().get(0).rows());
        assertEquals(ROWS / 1000, report.backfills().get(0).batches());
        assertEquals("0", database.says(WRONG));
        assertEquals(List.of(), run(Phase.BACKFILL).backfills());
    }

    @Test
    void aKilledRunGoesOnWhereItStopped() throws Exception {
        Path folder = TestFolder.fresh("migrate-backfill");
        // the eleventh batch meets a locked row, and tries again until it is killed
        Connection locker = database.session("usage_app");
        locker.setAutoCommit(false);
        SliceDatabase.says(locker, "SELECT id FROM words WHERE id = 10500 FOR UPDATE");
        Process process = Command.start(database, folder, "--phase", "backfill");
        try {
            assertTrue(
                    Waiting.until(Duration.ofSeconds(60), () -> done() == 10_000 || !process.isAlive()),
                    () -> output(folder));
            assertTrue(process.isAlive(), () -> output(folder));
            process.destroyForcibly().waitFor();
            locker.rollback();
            Report report = run(Phase.BACKFILL);
            assertEquals(ExitCode.DONE, report.exitCode(), report::message);
            assertEquals("0", database.says(WRONG));
            assertEquals(Integer.toString(ROWS), database.says("SELECT rows FROM usage.backfills"));
        } finally {
            process.destroyForcibly();
            TestFolder.delete(folder);
        }
    }

    @Test
    void aFailedBatchIsUndoneWithItsNote() throws SQLException {
        database.sql("UPDATE usage.words SET word = '' WHERE id = 1500;"
                + " ALTER TABLE usage.words ADD CONSTRAINT no_empty CHECK (letters > 0 OR word <> '') NOT VALID;");
        Report report = run(Phase.BACKFILL);
        assertEquals(ExitCode.FAILED, report.exitCode());
        assertEquals("1000", database.says("SELECT rows FROM usage.backfills"));
        assertEquals("1000", database.says("SELECT count(*) FROM usage.words WHERE letters > 0"));
    }

    @Test
    void restsInProportionToItsWork() {
        List<Duration> pauses = new ArrayList<>();
        settings.pause = pauses::add;
        settings.timeShareOfBackfill = 0.01;
        Report report = run(Phase.BACKFILL);
        Duration rested = pauses.stream().reduce(Duration.ZERO, Duration::plus);
        assertTrue(rested.toMillis() > 20 * 99, "20 batches of a millisecond or more, at one hundredth: " + rested);
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
    }

    @Test
    void waitsForAReplicaThatFallsBehindAndStopsWhenItStaysThere() throws SQLException {
        try (Connection replica = replica()) {
            SliceDatabase.says(replica, "SELECT pg_wal_replay_pause()");
            settings.override(Guard.REPLICA_LAG, "the test makes it lag");
            settings.replicaLag = Duration.ZERO;
            settings.replicaLagOfBackfill = Duration.ofMillis(300);
            Report report = run(Phase.BACKFILL);
            assertEquals(ExitCode.REFUSED, report.exitCode());
            assertTrue(report.message().contains("replica"), report::message);
            assertEquals(1, report.backfills().get(0).batches(), "no second batch");
            SliceDatabase.says(replica, "SELECT pg_wal_replay_resume()");
        }
        settings.replicaLagOfBackfill = Duration.ofMinutes(1);
        settings.replicaLag = Duration.ofSeconds(30);
        assertEquals(ExitCode.DONE, run(Phase.BACKFILL).exitCode());
        assertEquals("0", database.says(WRONG));
    }

    @Test
    void whatDependsOnItIsRefusedUntilItHasEnded() {
        settings.deployedVersion("1.0.0");
        Report refused = run(Phase.CONTRACT);
        assertEquals(ExitCode.REFUSED, refused.exitCode());
        assertTrue(refused.message().contains("back-fill letters_counted"), refused::message);
        run(Phase.BACKFILL);
        assertEquals(ExitCode.DONE, run(Phase.CONTRACT).exitCode());
    }

    @Test
    void theApplicationHasNoPartInTheNotes() throws SQLException {
        run(Phase.BACKFILL);
        assertFalse(Boolean.parseBoolean(
                database.says("SELECT has_table_privilege('usage_app', 'usage.backfills', 'SELECT')::text")));
    }

    private long done() {
        try {
            return database.says("SELECT to_regclass('usage.backfills')") == null
                    ? 0
                    : Long.parseLong(
                            String.valueOf(database.says("SELECT coalesce(sum(rows), 0) FROM usage.backfills")));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String output(Path folder) {
        try {
            return Files.readString(folder.resolve("output.txt"));
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    private Connection replica() throws SQLException {
        return database.cluster().replica().connect("postgres", PostgresCluster.SUPERUSER, SliceDatabase.PASSWORD);
    }

    private Report run(Phase phase) {
        return new Migration(database.slice(), settings).run(phase);
    }
}
