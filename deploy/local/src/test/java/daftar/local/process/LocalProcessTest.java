package daftar.local.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalProcessTest {
    @TempDir
    private Path folder;

    private LocalProcess process;

    @BeforeEach
    void start() {
        process = start("trap 'echo told to end; exit 0' TERM; echo started; while :; do sleep 0.05; done");
        assertTrue(Waiting.until(
                Duration.ofSeconds(5), () -> process.lastLogLines(1).equals("started")));
    }

    @AfterEach
    void end() {
        process.kill();
    }

    @Test
    void isFoundThroughItsPidFile() {
        assertEquals(
                process.pid(),
                LocalProcess.running("sleeper", pidFile(), process.logFile())
                        .orElseThrow()
                        .pid());
    }

    @Test
    void endsPolitelyAndLosesItsPidFile() {
        assertTrue(process.stop("TERM", Duration.ofSeconds(5)));
        assertFalse(process.isAlive());
        assertEquals("told to end", process.lastLogLines(1));
        assertFalse(Files.exists(pidFile()));
    }

    @Test
    void endsPolitelyEvenWhenItWasFrozen() {
        process.pause();
        assertTrue(process.stop("TERM", Duration.ofSeconds(5)));
    }

    @Test
    void isKilledWhenItDoesNotListen() {
        LocalProcess deaf = start("trap '' TERM; echo deaf; while :; do sleep 0.05; done");
        assertTrue(
                Waiting.until(Duration.ofSeconds(5), () -> deaf.lastLogLines(1).equals("deaf")));
        assertFalse(deaf.stop("TERM", Duration.ofMillis(300)));
        assertFalse(deaf.isAlive());
    }

    @Test
    void aStrangerWhoGotThePidLaterIsNeverTouched() {
        ProcessId mine = ProcessId.of(process.pid()).orElseThrow();
        new ProcessId(mine.pid(), mine.startTicks() - 1, mine.boot()).write(pidFile());
        assertTrue(LocalProcess.running("sleeper", pidFile(), process.logFile()).isEmpty());
        new ProcessId(mine.pid(), mine.startTicks(), "another-boot").write(pidFile());
        assertTrue(LocalProcess.running("sleeper", pidFile(), process.logFile()).isEmpty());
        assertTrue(process.isAlive());
    }

    @Test
    void runsInASessionOfItsOwnSoThatCtrlCReachesTheLauncherAlone() throws Exception {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String session = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[3];
        assertEquals(Long.toString(process.pid()), session);
    }

    private LocalProcess start(String script) {
        return LocalProcess.start(new LocalProcess.Plan(
                "sleeper",
                List.of("/bin/sh", "-c", script),
                Map.of(),
                folder,
                pidFile(),
                folder.resolve("sleeper.log")));
    }

    private Path pidFile() {
        return folder.resolve("sleeper.pid");
    }
}
