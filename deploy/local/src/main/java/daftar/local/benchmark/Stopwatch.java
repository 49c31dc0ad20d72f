package daftar.local.benchmark;

import daftar.local.stack.DataFolder;
import java.time.Duration;

/** Takes the time, and that of the processors. */
final class Stopwatch {
    private final DataFolder folder;
    private final ProcessorTime before;
    private final long start;

    private Stopwatch(DataFolder folder) {
        this.folder = folder;
        this.before = ProcessorTime.now(folder);
        this.start = System.nanoTime();
    }

    static Stopwatch start(DataFolder folder) {
        return new Stopwatch(folder);
    }

    /** Fails when more time has passed than that. */
    void limit(Duration longest) {
        if (System.nanoTime() - start > longest.toNanos()) {
            throw new IllegalStateException("not done after " + longest);
        }
    }

    /** What has passed since the start, in which so many rows were written. */
    Measure stop(int rows) {
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Measure(rows, seconds, ProcessorTime.now(folder).since(before));
    }
}
