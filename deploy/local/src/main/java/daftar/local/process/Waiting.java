package daftar.local.process;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what only polling can see, such as another process's state. */
public final class Waiting {
    private static final Duration STEP = Duration.ofMillis(20);

    private Waiting() {}

    /**
     * Asks until the answer is yes or the time is over.
     *
     * @return the last answer
     */
    public static boolean until(Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
                return condition.getAsBoolean();
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
        return true;
    }
}
