package daftar.local.stack;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.StartFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What cannot work is said in one sentence that names the remedy, before anything starts. */
class PreflightTest {
    private static final Path FOLDER = Path.of("/somewhere");

    @Test
    void tooLittleRoomIsRefusedWithTheRemedy() {
        StartFailure refusal = assertThrows(StartFailure.class, () -> Preflight.requireSpace(FOLDER, (1L << 30) - 1));
        assertEquals(
                "Only 1023 MB are free below /somewhere and 1024 are needed: make room or name another folder with"
                        + " --data.",
                refusal.getMessage());
    }

    @Test
    void enoughRoomIsLetPass() {
        assertDoesNotThrow(() -> Preflight.requireSpace(FOLDER, 1L << 30));
    }

    @Test
    void aMachineWithoutJavaIsToldToInstallOne() throws IOException, InterruptedException {
        Path up = Installation.find().root().resolve("deploy/local/up");
        ProcessBuilder command = new ProcessBuilder("/bin/sh", up.toString()).redirectErrorStream(true);
        command.environment().clear();
        command.environment().put("PATH", "/nowhere");
        Process process = command.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), said);
        assertTrue(said.contains("No Java found: install JDK 17 or newer"), said);
    }
}
