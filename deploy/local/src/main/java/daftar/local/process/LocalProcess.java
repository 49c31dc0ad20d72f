package daftar.local.process;

import daftar.local.StartFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One child process with a pid file and a log file.
 *
 * <p>It runs in a session of its own, so that Ctrl-C in the launcher's terminal reaches the launcher alone and the
 * launcher decides the order in which its children stop.
 */
public final class LocalProcess {
    private static final boolean HAS_SETSID = Files.isExecutable(Path.of("/usr/bin/setsid"));

    private final String name;
    private final ProcessId id;
    private final Path pidFile;
    private final Path logFile;

    private LocalProcess(String name, ProcessId id, Path pidFile, Path logFile) {
        this.name = name;
        this.id = id;
        this.pidFile = pidFile;
        this.logFile = logFile;
    }

    /**
     * What to start.
     *
     * @param name shown to people, unique in a data folder
     * @param command program and arguments
     * @param environment added to this process's own
     * @param directory working directory
     * @param pidFile written at start, removed at an orderly stop
     * @param logFile receives standard output and error, appended to
     */
    public record Plan(
            String name,
            List<String> command,
            Map<String, String> environment,
            Path directory,
            Path pidFile,
            Path logFile) {}

    /** Starts a process and writes its pid file. Does not wait for it to become ready. */
    public static LocalProcess start(Plan plan) {
        try {
            Files.createDirectories(plan.logFile().toAbsolutePath().getParent());
            List<String> command = new ArrayList<>();
            if (HAS_SETSID) {
                command.add("/usr/bin/setsid");
            }
            command.addAll(plan.command());
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(plan.directory().toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(
                            ProcessBuilder.Redirect.appendTo(plan.logFile().toFile()));
            builder.environment().putAll(plan.environment());
            Process process = builder.start();
            ProcessId id = ProcessId.of(process.pid()).orElseGet(() -> new ProcessId(process.pid(), -1, ""));
            id.write(plan.pidFile());
            return new LocalProcess(plan.name(), id, plan.pidFile(), plan.logFile());
        } catch (IOException e) {
            throw new StartFailure(
                    "Cannot start " + plan.name() + ": " + e.getMessage() + "; see " + plan.logFile() + ".", e);
        }
    }

    /** The process that a pid file names, if that very process still runs. */
    public static Optional<LocalProcess> running(String name, Path pidFile, Path logFile) {
        return ProcessId.read(pidFile)
                .filter(ProcessId::isAlive)
                .map(id -> new LocalProcess(name, id, pidFile, logFile));
    }

    /** Writes a pid file for the process that runs this code. */
    public static void claim(Path pidFile) {
        ProcessId.of(ProcessHandle.current().pid()).orElseThrow().write(pidFile);
    }

    public String name() {
        return name;
    }

    public long pid() {
        return id.pid();
    }

    public Path logFile() {
        return logFile;
    }

    public boolean isAlive() {
        return id.isAlive();
    }

    /**
     * Sends a signal to this process and to nothing else.
     *
     * @param signal name without SIG, for example {@code TERM}
     * @return false when the process was gone already
     */
    public boolean signal(String signal) {
        if (!isAlive()) {
            return false;
        }
        try {
            return new ProcessBuilder("/bin/sh", "-c", "kill -s " + signal + " " + pid())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Asks the process to end, waits, and kills it when the time is over. Harmless when it is gone.
     *
     * @param signal the polite request, for example {@code TERM}
     * @param grace how long it may take
     * @return whether it ended by itself
     */
    public boolean stop(String signal, Duration grace) {
        // a stopped (SIGSTOP) process would keep the request pending for ever
        signal("CONT");
        signal(signal);
        boolean polite = Waiting.until(grace, () -> !isAlive());
        if (!polite) {
            kill();
        }
        delete(pidFile);
        return polite;
    }

    /** Ends the process without warning (SIGKILL) and waits until it is gone. The pid file stays, as after a crash. */
    public void kill() {
        // an interrupted start still ends what it began
        boolean interrupted = Thread.interrupted();
        signal("KILL");
        boolean gone = Waiting.until(Duration.ofSeconds(10), () -> !isAlive());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!gone) {
            throw new StartFailure(name + " (pid " + pid() + ") survived SIGKILL: look at it with ps.");
        }
    }

    /** Freezes the process (SIGSTOP): it keeps its connections and answers nothing. */
    public void pause() {
        signal("STOP");
    }

    /** Thaws a frozen process. */
    public void resume() {
        signal("CONT");
    }

    /** The last lines of the log, for a message about a process that died. */
    public String lastLogLines(int lines) {
        try (var file = new java.io.RandomAccessFile(logFile.toFile(), "r")) {
            long from = Math.max(0, file.length() - 64 * 1024);
            byte[] bytes = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            List<String> all = new String(bytes, java.nio.charset.StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a short command to its end. */
    public static Output run(Duration limit, List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return new Output(-1, text);
            }
            return new Output(process.exitValue(), text);
        } catch (IOException e) {
            return new Output(127, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Output(-1, "interrupted");
        }
    }

    /**
     * How a short command ended.
     *
     * @param exit its exit status; 127 when it could not be run, -1 when it took too long
     * @param text standard output and error together
     */
    public record Output(int exit, String text) {
        public boolean succeeded() {
            return exit == 0;
        }
    }
}
