package daftar.local.stack;

import java.io.PrintStream;
import java.util.Locale;

/** Lines for the person who waits, each with the time since the start. */
public final class Progress {
    private final PrintStream out;
    private final long start = System.nanoTime();

    /** Lines go to this stream. */
    public Progress(PrintStream out) {
        this.out = out;
    }

    /** One step done or begun. */
    public void say(String line) {
        out.println(String.format(Locale.ROOT, "[%5.1f s] %s", seconds(), line));
        out.flush();
    }

    /** Text without a time. */
    public void print(String text) {
        out.println(text);
        out.flush();
    }

    /** Seconds since this object was made. */
    public double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }
}
