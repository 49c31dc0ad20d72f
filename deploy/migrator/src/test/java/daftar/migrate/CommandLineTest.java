package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    @Test
    void readsAPhaseAVersionAndAnOverrideWithItsReason() {
        CommandLine line = CommandLine.of(
                "--phase", "contract", "--deployed-version", "1.2.0", "--override", "long-transaction=it is mine");
        assertEquals(Phase.CONTRACT, line.phase());
        Settings settings = line.applyTo(Settings.defaults());
        assertEquals(AppVersion.of("1.2.0"), settings.deployedVersion);
        assertEquals(Map.of(Guard.LONG_TRANSACTION, "it is mine"), settings.overrides);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--phase",
                "--phase sideways",
                "--phase expand --status",
                "--phase expand --override replica-lag",
                "--phase expand --override replica-lag=",
                "--phase expand --override weather=sunny",
                "--phase contract --deployed-version newest",
                "--force"
            })
    void refusesWhatMakesNoSense(String arguments) {
        assertThrows(
                CommandLine.Misused.class,
                () -> CommandLine.of(arguments.isEmpty() ? new String[0] : arguments.split(" ")));
    }

    @Test
    void aMisusedCommandEndsWithTwoAndOneSentenceInJson() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExitCode code = Migrator.run(
                new String[] {"--phase", "expand"}, Map.of(), new PrintStream(out, true, StandardCharsets.UTF_8));
        assertEquals(2, code.number());
        assertTrue(out.toString(StandardCharsets.UTF_8)
                .matches("\\{\"timestamp\":.*No service is on the class path.*}\\s*"));
    }

    @Test
    void helpNamesEveryGuardAndEveryExitStatus() {
        for (Guard guard : Guard.values()) {
            assertTrue(CommandLine.HELP.contains(guard.word()), guard.word());
        }
        for (ExitCode code : ExitCode.values()) {
            assertTrue(CommandLine.HELP.contains(code.number() + " "), code.name());
        }
    }

    @Test
    void theReleaseIsThatOfTheBuild() {
        assertTrue(AppVersion.of(Migrator.release()).isPresent(), Migrator.release());
    }
}
