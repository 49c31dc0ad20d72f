package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScriptTest {
    @Test
    void theHeaderSaysThePhase() {
        assertEquals(
                Optional.of(Phase.EXPAND),
                Script.of("V1__a.sql", "-- Phase: expand. Safe.\n\nSELECT 1;").phase());
        assertEquals(
                Optional.of(Phase.CONTRACT),
                Script.of("V1__a.sql", "-- Phase: contract. Safe.\nSELECT 1;").phase());
        assertEquals(
                Optional.empty(),
                Script.of("V1__a.sql", "SELECT 1;\n-- Phase: expand. Too late.\n")
                        .phase());
    }

    @Test
    void theHeaderSaysWhatIsRequired() {
        Script script = Script.of("V5__drop.sql", """
                -- Phase: contract. Nobody reads it any more.
                -- requires-app: >= 1.2
                -- requires-backfill: rows_sealed
                ALTER TABLE logs DROP COLUMN old;
                """);
        assertEquals(AppVersion.of("1.2.0"), script.requiresApp());
        assertEquals(Optional.of("rows_sealed"), script.requiresBackfill());
    }

    @Test
    void statementsHaveFifteenSecondsUnlessTheHeaderSaysOtherwise() {
        assertEquals(
                Duration.ofSeconds(15),
                Script.of("V1__a.sql", "-- Phase: expand.\nSELECT 1;").statementTimeout());
        assertEquals(
                Duration.ofMinutes(30),
                Script.of("V1__a.sql", "-- Phase: expand.\n-- statement-timeout: 30min; the table is large\nSELECT 1;")
                        .statementTimeout());
    }

    @Test
    void aConcurrentScriptIsKnownByItsCodeAndNotByItsComments() {
        Script script =
                Script.of("V2__index.sql", "-- Phase: expand.\nCREATE UNIQUE INDEX CONCURRENTLY a_ix ON a (b);");
        assertTrue(script.concurrent());
        assertEquals(List.of("a_ix"), script.createdIndexes());
        assertEquals(Duration.ZERO, script.statementTimeout());
        assertFalse(Script.of("V3__a.sql", "-- not CONCURRENTLY\nCOMMENT ON TABLE a IS 'made concurrently';")
                .concurrent());
    }

    @Test
    void versionsAreComparedByTheirNumbers() {
        assertTrue(AppVersion.of("1.10.0")
                        .orElseThrow()
                        .compareTo(AppVersion.of("1.9").orElseThrow())
                > 0);
        assertEquals(AppVersion.of("1.2.0"), AppVersion.of("1.2.0-SNAPSHOT"));
        assertEquals(Optional.empty(), AppVersion.of("unknown"));
    }

    @Test
    void aSessionThatDoesNotSayItsReleaseIsOlderThanAny() {
        AppVersion required = AppVersion.of("1.2").orElseThrow();
        assertFalse(ContractGate.isOlder("usage-service/1.2.0-SNAPSHOT", required));
        assertTrue(ContractGate.isOlder("usage-service/1.1.9", required));
        assertTrue(ContractGate.isOlder("usage-service", required));
        assertTrue(ContractGate.isOlder("", required));
    }
}
