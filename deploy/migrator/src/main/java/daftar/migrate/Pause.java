package daftar.migrate;

import java.time.Duration;

/** Waits between attempts and batches; a test counts the waits instead. */
@FunctionalInterface
interface Pause {
    /** The calling thread's own sleep. */
    Pause SLEEP = duration -> {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationStopped(ExitCode.FAILED, "Interrupted: run it again, it goes on where it stopped.", e);
        }
    };

    void of(Duration duration);
}
