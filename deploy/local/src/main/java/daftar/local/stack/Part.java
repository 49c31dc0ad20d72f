package daftar.local.stack;

import daftar.local.process.LocalProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One process of the system as a watcher sees it.
 *
 * @param name for people
 * @param process asks anew each time: somebody may have started it again
 * @param log where its last words are
 * @param starting starts it again; a {@link daftar.local.StartFailure} says why it cannot
 */
record Part(String name, Supplier<Optional<LocalProcess>> process, Supplier<Path> log, Runnable starting) {
    private static final int LINES = 12;

    boolean isRunning() {
        return process.get().isPresent();
    }

    void start() {
        starting.run();
    }

    Path logFile() {
        return log.get();
    }

    String lastLogLines() {
        return lastLogLines(logFile());
    }

    /** The end of a log, for a message about a process that died. */
    static String lastLogLines(Path logFile) {
        try {
            List<String> lines = Files.readAllLines(logFile);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
        } catch (IOException e) {
            return "(no log)";
        }
    }
}
