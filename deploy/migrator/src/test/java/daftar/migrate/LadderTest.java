package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LadderTest {
    private final List<Duration> attempts = new ArrayList<>();
    private final List<Duration> pauses = new ArrayList<>();
    private int clearings;

    @Test
    void succeedsAtOnceWhereNobodyHoldsTheLock() {
        assertEquals(0, climb(Ladder.TRANSACTIONAL, 0));
        assertEquals(List.of(), pauses);
    }

    @Test
    void triesAgainWithALongerTimeoutAfterAPause() {
        assertEquals(4, climb(Ladder.TRANSACTIONAL, 4));
        assertEquals(
                List.of(100L, 100L, 200L, 300L, 500L),
                attempts.stream().map(Duration::toMillis).toList());
        assertEquals(4, pauses.size());
        assertEquals(4, clearings);
    }

    @Test
    void pausesDoubleWithAJitterOfUpToAHalf() {
        climb(Ladder.TRANSACTIONAL, 12);
        for (int i = 0; i < pauses.size(); i++) {
            long whole = Math.min(200L << i, 30_000);
            long pause = pauses.get(i).toMillis();
            assertTrue(pause >= whole - whole / 2 && pause <= whole, i + ": " + pause + " of " + whole);
        }
    }

    @Test
    void stopsAfterTheLastAttemptAndNeverAsksWithoutATimeout() {
        MigrationStopped stopped = assertThrows(MigrationStopped.class, () -> climb(Ladder.TRANSACTIONAL, 99));
        assertEquals(ExitCode.LOCKED, stopped.exitCode());
        assertEquals(15, attempts.size());
        assertTrue(attempts.stream().allMatch(timeout -> timeout.toMillis() >= 1 && timeout.toMillis() <= 1500));
        assertEquals(15, clearings, "what the last attempt left is cleared away too");
    }

    @Test
    void aLadderWithoutALimitCannotBeBuilt() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Ladder(List.of(Duration.ZERO), Duration.ofMillis(1), Duration.ofMillis(1)));
    }

    @Test
    void anotherFailureIsNotTriedAgain() {
        RuntimeException failure = new IllegalStateException(new SQLException("cancelled", "57014"));
        assertThrows(
                IllegalStateException.class,
                () -> Ladder.TRANSACTIONAL.climb(
                        "script",
                        timeout -> {
                            attempts.add(timeout);
                            throw failure;
                        },
                        () -> clearings++,
                        pauses::add,
                        new Random(1),
                        line -> {}));
        assertEquals(1, attempts.size());
        assertEquals(0, clearings);
    }

    private int climb(Ladder ladder, int failures) {
        return ladder.climb(
                "script",
                timeout -> {
                    attempts.add(timeout);
                    if (attempts.size() <= failures) {
                        throw new IllegalStateException(new SQLException("waited", "55P03"));
                    }
                },
                () -> clearings++,
                pauses::add,
                new Random(1),
                line -> {});
    }
}
