package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MigrationTest {
    private static final String TABLE =
            "-- Phase: expand. Safe: new.\nCREATE TABLE words (id bigint PRIMARY KEY, word text);\n";
    private static final String CONTRACT = """
            -- Phase: contract. Nobody reads it.
            -- requires-app: >= 1.2
            ALTER TABLE words DROP COLUMN word;
            """;

    @RegisterExtension
    final SliceDatabase database = new SliceDatabase();

    private final Settings settings = SliceDatabase.settings();

    @Test
    void appliesScriptsInOrderAndReportsEachStatement() {
        database.script("V1__words.sql", TABLE + "COMMENT ON TABLE words IS 'of a test';");
        database.script("V2__letters.sql", "-- Phase: expand. Safe.\nALTER TABLE words ADD COLUMN letters int;");
        Report report = run(Phase.EXPAND);
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals(
                List.of("V1__words.sql", "V2__letters.sql"),
                report.scripts().stream().map(Report.AppliedScript::script).toList());
        assertEquals(
                List.of("CREATE TABLE words (id bigint", "COMMENT ON TABLE words IS"),
                report.scripts().get(0).statements().stream()
                        .map(Report.RunStatement::statement)
                        .toList());
        assertTrue(report.json().contains("\"lock_retries\" : 0"), report::json);
        assertTrue(report.metrics().contains("daftar_migration_scripts_applied{slice=\"usage\"} 2\n"), report::metrics);
    }

    @Test
    void aSecondRunChangesNothing() {
        database.script("V1__words.sql", TABLE);
        run(Phase.EXPAND);
        Report again = run(Phase.EXPAND);
        assertEquals(ExitCode.DONE, again.exitCode());
        assertEquals(List.of(), again.scripts());
    }

    @Test
    void statusSaysWhatIsPendingAndChangesNothing() throws SQLException {
        database.script("V1__words.sql", TABLE);
        Report report = new Migration(database.slice(), settings).status();
        assertEquals(ExitCode.PENDING, report.exitCode());
        assertEquals(List.of(new Report.PendingScript("V1__words.sql", "expand")), report.pending());
        assertEquals("f", database.says("SELECT to_regclass('usage.words') IS NOT NULL"));
    }

    @Test
    void aFailedScriptIsUndoneAndEndsTheRun() throws SQLException {
        database.script("V1__words.sql", TABLE);
        database.script("V2__broken.sql", "-- Phase: expand.\nCREATE TABLE half (n int);\nSELECT nothing_of_the_kind;");
        database.script("V3__never.sql", "-- Phase: expand.\nCREATE TABLE never (n int);");
        Report report = run(Phase.EXPAND);
        assertEquals(ExitCode.FAILED, report.exitCode());
        assertTrue(report.message().contains("nothing_of_the_kind"), report::message);
        assertEquals("t", database.says("SELECT to_regclass('usage.half') IS NULL"));
        assertEquals("t", database.says("SELECT to_regclass('usage.never') IS NULL"));
        assertEquals(2, report.pending().size());
    }

    @Test
    void aStatementThatTakesTooLongIsCutOff() {
        database.script("V1__slow.sql", "-- Phase: expand.\n-- statement-timeout: 1s; a test\nSELECT pg_sleep(30);");
        Report report = run(Phase.EXPAND);
        assertEquals(ExitCode.FAILED, report.exitCode());
        assertTrue(report.message().contains("57014"), report::message);
    }

    @Test
    void aScriptThatChangedAfterItRanIsRefused() {
        database.script("V1__words.sql", TABLE);
        run(Phase.EXPAND);
        database.script("V1__words.sql", TABLE + "SELECT 1;");
        Report report = run(Phase.EXPAND);
        assertEquals(ExitCode.REFUSED, report.exitCode());
        assertTrue(report.message().contains("must not change"), report::message);
    }

    @Test
    void aScriptWithoutAPhaseIsRefused() {
        database.script("V1__words.sql", "CREATE TABLE words (id int);");
        Report report = run(Phase.ALL);
        assertEquals(ExitCode.REFUSED, report.exitCode());
        assertTrue(report.message().contains("does not say its phase"), report::message);
    }

    @Test
    void expandLeavesContractForAfterTheRollOut() {
        database.script("V1__words.sql", TABLE);
        database.script("V2__drop.sql", CONTRACT);
        Report report = run(Phase.EXPAND);
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals(List.of(new Report.PendingScript("V2__drop.sql", "contract")), report.pending());
    }

    @Test
    void expandDoesNotOvertakeAContractScript() {
        database.script("V1__words.sql", TABLE);
        database.script("V2__drop.sql", CONTRACT);
        database.script("V3__more.sql", "-- Phase: expand.\nCREATE TABLE more (n int);");
        Report report = run(Phase.EXPAND);
        assertEquals(ExitCode.REFUSED, report.exitCode());
        assertTrue(report.message().startsWith("V2__drop.sql"), report::message);
    }

    @Test
    void contractIsRefusedUntilItIsSaidWhatIsDeployed() {
        afterExpand();
        assertRefused(run(Phase.CONTRACT), "--deployed-version");
        settings.deployedVersion("1.1.7");
        assertRefused(run(Phase.CONTRACT), "1.1.7 is what is deployed");
    }

    @Test
    void contractIsRefusedWhileAnOlderReleaseIsConnected() throws SQLException {
        afterExpand();
        settings.deployedVersion("1.2.0");
        var old = database.session("usage_app");
        SliceDatabase.execute(old, "SET application_name = 'usage-service/1.1.0'");
        assertRefused(run(Phase.CONTRACT), "1 of \"usage-service/1.1.0\"");
        SliceDatabase.execute(old, "SET application_name = 'usage-service/1.2.0'");
        assertEquals(ExitCode.DONE, run(Phase.CONTRACT).exitCode());
        assertEquals(
                "0",
                database.says("SELECT count(*) FROM pg_attribute WHERE attrelid = 'usage.words'::regclass"
                        + " AND attname = 'word'"));
    }

    @Test
    void contractWithoutARequirementIsRefused() {
        database.script("V1__words.sql", TABLE);
        database.script("V2__drop.sql", "-- Phase: contract.\nALTER TABLE words DROP COLUMN word;");
        run(Phase.EXPAND);
        settings.deployedVersion("9.0");
        assertRefused(run(Phase.CONTRACT), "requires-app");
    }

    @Test
    void anEmptySliceTakesAllPhasesAtOnceSinceNobodyRunsOnIt() {
        database.script("V1__words.sql", TABLE);
        database.script("V2__drop.sql", CONTRACT);
        database.script("V3__more.sql", "-- Phase: expand.\nCREATE TABLE more (n int);");
        Report report = run(Phase.ALL);
        assertEquals(ExitCode.DONE, report.exitCode(), report::message);
        assertEquals(3, report.scripts().size());
    }

    @Test
    void migratorsThatStartTogetherApplyEachScriptOnce() throws Exception {
        for (int version = 1; version <= 5; version++) {
            database.script("V" + version + "__t.sql", "-- Phase: expand.\nCREATE TABLE t" + version + " (n int);");
        }
        List<CompletableFuture<Report>> runs = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            runs.add(CompletableFuture.supplyAsync(() -> run(Phase.EXPAND)));
        }
        int applied = 0;
        for (CompletableFuture<Report> run : runs) {
            assertEquals(ExitCode.DONE, run.get().exitCode(), run.get()::message);
            applied += run.get().scripts().size();
        }
        assertEquals(5, applied);
        assertEquals("5", database.says("SELECT count(*) FROM usage.flyway_schema_history WHERE success"));
    }

    @Test
    void aSecondMigratorSaysThatOneRuns() throws SQLException {
        database.script("V1__words.sql", TABLE);
        SliceDatabase.execute(
                database.session("usage_owner"),
                "SELECT pg_advisory_lock(hashtextextended('daftar.migrate.usage', 0))");
        settings.waitForOtherMigrator = Duration.ofMillis(300);
        assertEquals(ExitCode.BUSY, run(Phase.EXPAND).exitCode());
    }

    private void afterExpand() {
        database.script("V1__words.sql", TABLE);
        database.script("V2__drop.sql", CONTRACT);
        assertEquals(ExitCode.DONE, run(Phase.EXPAND).exitCode());
    }

    private static void assertRefused(Report report, String because) {
        assertEquals(ExitCode.REFUSED, report.exitCode());
        assertTrue(report.message().contains(because), report::message);
        assertEquals(List.of(), report.scripts());
    }

    private Report run(Phase phase) {
        return new Migration(database.slice(), settings).run(phase);
    }
}
