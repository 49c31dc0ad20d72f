package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Starts a system, watches it until it is told to end, and stops it. */
public final class Launch {
    private static final Duration WATCH = Duration.ofMillis(500);

    private final Installation installation;
    private final StackOptions options;
    private final DataFolder folder;
    private final Progress progress;
    private final AtomicBoolean stopping = new AtomicBoolean();

    /** Nothing happens before {@link #run()}. */
    public Launch(Installation installation, StackOptions options, DataFolder folder, Progress progress) {
        this.installation = installation;
        this.options = options;
        this.folder = folder;
        this.progress = progress;
    }

    /**
     * Runs in the foreground until the process is told to end.
     *
     * @return exit status, when there is nothing to wait for: 0 when the system runs already
     * @throws StartFailure when it could not start; everything that was started is stopped by then
     */
    public int run() {
        Preflight.check(installation, options);
        folder.prepare();
        Optional<FileLock> lock = folder.lock();
        if (lock.isEmpty()) {
            progress.print(alreadyRunning(folder));
            return 0;
        }
        LocalProcess.claim(folder.launcherPid());
        try {
            return start();
        } finally {
            clean();
        }
    }

    /** The sentence for a second start. */
    static String alreadyRunning(DataFolder folder) {
        String pid =
                folder.launcher().map(process -> " (pid " + process.pid() + ")").orElse("");
        return "Daftar is already running on " + folder.root() + pid + "; stop it with deploy/local/down.";
    }

    private int start() {
        List<String> leftOvers = Stack.stopLeftOvers(installation, folder);
        if (!leftOvers.isEmpty()) {
            progress.say("stopped what the last run left behind: " + String.join(", ", leftOvers));
        }
        if (options.fresh()) {
            folder.forget();
        }
        Preflight.checkSpace(folder);
        Preflight.checkPorts(options);
        ServiceBuild.buildWhatIsStale(installation, options.services(), progress);
        Stack stack = new Stack(installation, options, folder, Secrets.of(folder), progress);
        Thread main = Thread.currentThread();
        Thread hook = new Thread(() -> {
            stopping.set(true);
            main.interrupt();
            synchronized (stopping) {
                stack.stop();
            }
            clean();
        });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            stack.start();
            AddressTable table = new AddressTable(options, folder, stack);
            table.addresses().write(folder);
            progress.say("everything is ready");
            progress.print(table.text());
            progress.print("Ctrl-C or deploy/local/down stops everything.");
            watch(stack);
            return 0;
        } catch (RuntimeException e) {
            // also an unexpected one: what was started must not live on, and this process with it
            if (stopping.get()) {
                // told to end while starting: the hook is stopping everything, and its end ends this process
                return awaitEnd();
            }
            Runtime.getRuntime().removeShutdownHook(hook);
            stack.stop();
            throw e;
        }
    }

    private void watch(Stack stack) {
        Supervision supervision = new Supervision(stack.parts(), progress, Clock.systemUTC());
        while (!stopping.get()) {
            Waiting.until(WATCH, stopping::get);
            // who stops everything waits for a start that is under way, and then finds its process
            synchronized (stopping) {
                if (!stopping.get()) {
                    supervision.look();
                    stack.look();
                }
            }
        }
        awaitEnd();
    }

    private int awaitEnd() {
        while (true) {
            Waiting.until(Duration.ofMinutes(1), () -> false);
            // the shutdown hook runs; the interrupt that woke this thread is of no further use
            Thread.interrupted();
        }
    }

    private void clean() {
        try {
            Files.deleteIfExists(folder.addresses());
            Files.deleteIfExists(folder.launcherPid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
