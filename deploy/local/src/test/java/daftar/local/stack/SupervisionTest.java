package daftar.local.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisionTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final SetClock clock = new SetClock();

    @AfterEach
    void nothingIsLeft() {
        process().ifPresent(LocalProcess::kill);
    }

    @Test
    void aPartThatDiedIsStartedAgain() {
        Supervision supervision = supervisionOf(this::startSleeper);
        startSleeper();
        long first = pid();
        supervision.look();
        assertEquals(first, pid(), "one that runs is left as it is");
        kill();

        supervision.look();

        assertNotEquals(first, pid());
        assertTrue(output().contains("sleeper has died"), output());
    }

    @Test
    void onePartThatDiesAgainAndAgainIsLeftAloneUntilTheTimeIsOver() {
        Supervision supervision = supervisionOf(this::startSleeper);
        startSleeper();
        for (int death = 0; death < Supervision.MOST_STARTS; death++) {
            kill();
            supervision.look();
            assertTrue(process().isPresent());
        }
        kill();
        supervision.look();
        supervision.look();

        assertFalse(process().isPresent());
        assertEquals(1, output().split("The rest keeps running", -1).length - 1, "it is said once");

        startSleeper();
        supervision.look();
        assertTrue(output().contains("sleeper runs again"), output());
        clock.now = clock.now.plus(Supervision.WITHIN).plusSeconds(1);
        kill();
        supervision.look();
        assertTrue(process().isPresent(), "these deaths are long ago");
    }

    /** It may die while it is being started, of what has passed when it is started again. */
    @Test
    void onePartThatCannotStartIsTriedAsOftenAsOneThatDies() {
        Supervision supervision = supervisionOf(() -> {
            throw new StartFailure("No room is left on the disk.");
        });

        for (int look = 0; look < 2 * Supervision.MOST_STARTS; look++) {
            supervision.look();
        }

        assertEquals(Supervision.MOST_STARTS, output().split("No room is left", -1).length - 1, output());
        assertEquals(1, output().split("The rest keeps running", -1).length - 1, output());
    }

    private Supervision supervisionOf(Runnable starting) {
        Part part = new Part("sleeper", this::process, this::log, starting);
        return new Supervision(List.of(part), new Progress(new PrintStream(said, true, StandardCharsets.UTF_8)), clock);
    }

    private void startSleeper() {
        LocalProcess.start(new LocalProcess.Plan(
                "sleeper", List.of("sleep", "600"), Map.of(), folder, folder.resolve("sleeper.pid"), log()));
    }

    private Optional<LocalProcess> process() {
        return LocalProcess.running("sleeper", folder.resolve("sleeper.pid"), log());
    }

    private long pid() {
        return process().orElseThrow().pid();
    }

    private void kill() {
        process().orElseThrow().kill();
    }

    private Path log() {
        return folder.resolve("sleeper.log");
    }

    private String output() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private static final class SetClock extends Clock {
        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
