package daftar.migrate;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * How often and how long a change of the schema asks for its lock. Whoever wants the table after it waits behind it, so
 * each attempt is short and gives the others room before the next; the last attempt has a time limit too, and then it
 * ends. Only SQLSTATE 55P03 ({@code lock_not_available}) is tried again.
 *
 * @param lockTimeouts of the attempts, in their order; none is zero, which would mean no limit
 * @param shortestPause before the second attempt; it doubles from attempt to attempt
 * @param longestPause where the doubling ends
 */
record Ladder(List<Duration> lockTimeouts, Duration shortestPause, Duration longestPause) {
    /** Of what a transaction does to a table that is in use: a stall of at most 1.5 seconds, given up after some minutes. */
    static final Ladder TRANSACTIONAL = new Ladder(
            millis(100, 100, 200, 300, 500, 700, 1000, 1000, 1500, 1500, 1500, 1500, 1500, 1500, 1500),
            Duration.ofMillis(200),
            Duration.ofSeconds(30));

    /** Of what is done concurrently: it waits for old transactions with a lock that nobody waits behind. */
    static final Ladder CONCURRENT =
            new Ladder(millis(60_000, 300_000, 600_000), Duration.ofSeconds(1), Duration.ofSeconds(30));

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    Ladder {
        if (lockTimeouts.isEmpty() || lockTimeouts.stream().anyMatch(timeout -> timeout.toMillis() < 1)) {
            throw new IllegalArgumentException("each attempt has a lock timeout of a millisecond or more");
        }
        lockTimeouts = List.copyOf(lockTimeouts);
    }

    /** One attempt; it fails with a cause that is an {@link SQLException}. */
    @FunctionalInterface
    interface Attempt {
        void with(Duration lockTimeout);
    }

    /**
     * Tries until an attempt succeeds.
     *
     * @param what for the log and the failure
     * @param beforeRetry what a failed attempt leaves to be cleared away
     * @return how many attempts ran into their lock timeout
     * @throws MigrationStopped with {@link ExitCode#LOCKED} when all did
     */
    int climb(
            String what,
            Attempt attempt,
            Runnable beforeRetry,
            Pause pause,
            RandomGenerator random,
            Consumer<String> log) {
        for (int step = 0; ; step++) {
            Duration lockTimeout = lockTimeouts.get(step);
            try {
                attempt.with(lockTimeout);
                return step;
            } catch (RuntimeException e) {
                if (!isLockTimeout(e)) {
                    throw e;
                }
                log.accept(what + ": no lock within " + lockTimeout.toMillis() + " ms, attempt " + (step + 1) + " of "
                        + lockTimeouts.size());
                beforeRetry.run();
                if (step + 1 == lockTimeouts.size()) {
                    throw new MigrationStopped(
                            ExitCode.LOCKED,
                            what + " did not get its lock in " + lockTimeouts.size()
                                    + " attempts: see who holds it (pg_blocking_pids), and run it again.",
                            e);
                }
                pause.of(pauseBefore(step + 1, random));
            }
        }
    }

    /** Between half and the whole of the doubled pause, so that several migrators do not knock together. */
    private Duration pauseBefore(int step, RandomGenerator random) {
        long doubled = shortestPause.toMillis() << Math.min(step - 1, 30);
        long whole = Math.max(1, Math.min(doubled, longestPause.toMillis()));
        return Duration.ofMillis(whole - random.nextLong(whole / 2 + 1));
    }

    private static boolean isLockTimeout(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && LOCK_NOT_AVAILABLE.equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    private static List<Duration> millis(long... millis) {
        return java.util.Arrays.stream(millis).mapToObj(Duration::ofMillis).toList();
    }
}
