package daftar.local.postgres;

import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.postgresql.Driver;

/** One PostgreSQL server, primary or replica, over a data folder that {@link PostgresCluster} prepared. */
public final class PostgresServer {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    /** postmaster.pid's eighth line holds the server's state (source: PostgreSQL's pidfile.h). */
    private static final int STATE_LINE = 7;

    private final String name;
    private final PostgresBinaries binaries;
    private final ServerAccount account;
    private final Path data;
    private final Path pidFile;
    private final Path logFile;
    private final int port;

    PostgresServer(String name, PostgresBinaries binaries, ServerAccount account, Path directory, Path logs, int port) {
        this.name = "postgres-" + name;
        this.binaries = binaries;
        this.account = account;
        this.data = directory.resolve(name);
        this.pidFile = directory.resolve(name + ".pid");
        this.logFile = logs.resolve(this.name + ".log");
        this.port = port;
    }

    public int port() {
        return port;
    }

    public Path logFile() {
        return logFile;
    }

    /** The server's process, if it runs. */
    public Optional<LocalProcess> process() {
        return LocalProcess.running(name, pidFile, logFile);
    }

    /** Whether the server's process runs; a paused one does. */
    public boolean isRunning() {
        return process().isPresent();
    }

    /** JDBC address of one of the server's databases, without credentials. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + Loopback.ADDRESS + ":" + port + "/" + database;
    }

    /** Opens a connection; the caller closes it. */
    public Connection connect(String database, String user, String password) throws SQLException {
        return connect(database, user, password, Duration.ZERO);
    }

    /** The same, which fails when the server takes longer than this to answer, now or later; zero for no limit. */
    Connection connect(String database, String user, String password, Duration limit) throws SQLException {
        Properties credentials = new Properties();
        credentials.setProperty("user", user);
        credentials.setProperty("password", password);
        credentials.setProperty("loginTimeout", Long.toString(limit.toSeconds()));
        credentials.setProperty("socketTimeout", Long.toString(limit.toSeconds()));
        // DriverManager knows only the drivers of the class loader that asked it first
        return new Driver().connect(jdbcUrl(database), credentials);
    }

    /**
     * Starts the server unless it runs and waits until it takes connections.
     *
     * @throws StartFailure when it ends or is not ready after a minute
     */
    public void start() {
        start(START_LIMIT);
    }

    /** The same with another limit: a server that recovers from an archive takes as long as its log is. */
    void start(Duration limit) {
        if (isRunning()) {
            return;
        }
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            LocalProcess process = LocalProcess.start(new LocalProcess.Plan(
                    name,
                    account.wrap(List.of(binaries.program("postgres").toString(), "-D", data.toString())),
                    Map.of("TZ", "UTC", "LC_ALL", "C"),
                    data.getParent(),
                    pidFile,
                    logFile));
            boolean answered = Waiting.until(
                    Duration.ofNanos(Math.max(0, end - System.nanoTime())),
                    () -> isReady(process) || !process.isAlive());
            if (process.isAlive() && answered) {
                return;
            }
            // after a SIGKILL the old server's last children hold its shared memory for a moment and refuse a new one
            boolean refusedForTheMoment = process.lastLogLines(5).contains("postmaster.pid\" already exists")
                    || process.lastLogLines(5).contains("pre-existing shared memory block");
            if (!refusedForTheMoment || System.nanoTime() > end) {
                process.kill();
                throw new StartFailure(
                        name + " did not start; the end of " + logFile + " says:\n" + process.lastLogLines(10));
            }
            Waiting.until(Duration.ofMillis(200), () -> false);
        }
    }

    /** Fast shutdown: running transactions are rolled back, everything committed is on disk. Harmless when stopped. */
    public void stop() {
        process().ifPresent(process -> process.stop("INT", STOP_LIMIT));
    }

    /** The crash: SIGKILL to the server's first process, whose children then end by themselves. */
    public void kill() {
        process().ifPresent(LocalProcess::kill);
    }

    /** Freezes the whole server: connections stay open and nothing answers. */
    public void pause() {
        signalAll("STOP");
    }

    /** Thaws a frozen server. */
    public void resume() {
        signalAll("CONT");
    }

    /**
     * Ends what a killed server has left: its children notice in their own time, and until then hold its memory and
     * connections. They are known by their working directory, which is the data folder of no other server.
     */
    void fence() {
        boolean gone = Waiting.until(STOP_LIMIT, () -> {
            List<ProcessHandle> left =
                    ProcessHandle.allProcesses().filter(this::worksHere).toList();
            left.forEach(ProcessHandle::destroyForcibly);
            return left.isEmpty();
        });
        if (!gone) {
            throw new StartFailure(name + " has processes that survive SIGKILL: look at them with ps.");
        }
    }

    private boolean worksHere(ProcessHandle process) {
        try {
            return Path.of("/proc/" + process.pid() + "/cwd").toRealPath().equals(data.toRealPath());
        } catch (IOException gone) {
            return false;
        }
    }

    Path data() {
        return data;
    }

    private void signalAll(String signal) {
        process().ifPresent(process -> {
            process.signal(signal);
            // by id, each a child of this very server: a frozen first process alone would leave backends working
            ProcessHandle.of(process.pid()).stream()
                    .flatMap(ProcessHandle::descendants)
                    .forEach(child -> LocalProcess.run(
                            Duration.ofSeconds(5), List.of("/bin/sh", "-c", "kill -s " + signal + " " + child.pid())));
        });
    }

    private boolean isReady(LocalProcess process) {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"), StandardCharsets.UTF_8);
            return lines.size() > STATE_LINE
                    && lines.get(0).strip().equals(Long.toString(process.pid()))
                    && lines.get(STATE_LINE).strip().equals("ready");
        } catch (IOException e) {
            return false;
        }
    }
}
