package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A launcher in the background: started as a process of its own, followed until it is ready. */
public final class Detached {
    private static final Duration LIMIT = Duration.ofMinutes(30);

    private Detached() {}

    /**
     * Starts the launcher and shows what it says until it is ready or ends.
     *
     * @param arguments for the launcher
     * @return exit status: 0 when the system is ready
     */
    public static int start(Installation installation, DataFolder folder, List<String> arguments, Progress progress) {
        folder.prepare();
        if (folder.launcher().isPresent()) {
            progress.print(Launch.alreadyRunning(folder));
            return 0;
        }
        Path log = folder.run().resolve("up.log");
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current()
                        .info()
                        .command()
                        .orElse(installation.java().toString()),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-Duser.timezone=UTC",
                "-Ddaftar.home=" + installation.root(),
                "-Djava.util.logging.config.class=" + System.getProperty("java.util.logging.config.class", ""),
                "-cp",
                installation.launcherClassPath(),
                "daftar.local.Up"));
        command.addAll(arguments);
        try {
            Files.deleteIfExists(log);
            // a launcher that was killed left it behind, and it would pass for the new one's
            Files.deleteIfExists(folder.addresses());
        } catch (IOException e) {
            throw new StartFailure(
                    "Cannot replace the files of the last run in " + folder.run() + ": make the data folder yours.", e);
        }
        LocalProcess launcher = LocalProcess.start(new LocalProcess.Plan(
                "launcher", command, Map.of(), installation.root(), folder.run().resolve("detached.pid"), log));
        long[] shown = {0};
        Waiting.until(LIMIT, () -> {
            shown[0] = show(log, shown[0]);
            return Files.exists(folder.addresses()) || !launcher.isAlive();
        });
        // the table follows the addresses file by a moment
        Waiting.until(Duration.ofSeconds(30), () -> {
            shown[0] = show(log, shown[0]);
            return !launcher.isAlive() || tail(log).contains("stops everything.");
        });
        show(log, shown[0]);
        return launcher.isAlive() ? 0 : 1;
    }

    private static String tail(Path log) {
        try {
            String text = Files.readString(log);
            return text.substring(Math.max(0, text.length() - 200));
        } catch (IOException e) {
            return "";
        }
    }

    private static long show(Path log, long from) {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] bytes = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            System.out.print(new String(bytes, StandardCharsets.UTF_8));
            System.out.flush();
            return from + bytes.length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
