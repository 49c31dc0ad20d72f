package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.postgres.ServerAccount;
import daftar.local.process.LocalProcess;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Everything that one system keeps: data, logs, secrets and the ids of its processes.
 *
 * @param root absolute
 */
public record DataFolder(Path root) {
    private static final String MARK = ".daftar-data";

    /** The named folder, or {@code .daftar} in the repository; for root, where PostgreSQL's account can reach. */
    public static DataFolder choose(Installation installation, Optional<Path> named) {
        if (named.isPresent()) {
            return new DataFolder(named.get().toAbsolutePath().normalize());
        }
        Path inside = installation.root().resolve(".daftar");
        boolean closed = ServerAccount.isRoot() && !ServerAccount.detect().reaches(inside);
        return new DataFolder(closed ? Path.of("/var/lib/daftar") : inside);
    }

    public Path logs() {
        return root.resolve("logs");
    }

    /** Pid files of the services and of the launcher. */
    public Path run() {
        return root.resolve("run");
    }

    public Path postgres() {
        return root.resolve("postgres");
    }

    public Path kafka() {
        return root.resolve("kafka");
    }

    public Path s3() {
        return root.resolve("s3");
    }

    /** What backups keep outside the database: the history of drills. */
    public Path backup() {
        return root.resolve("backup");
    }

    /** A database that was restored for a person to look at. */
    public Path restored() {
        return root.resolve("restored");
    }

    /** The database of a drill that runs. */
    public Path drill() {
        return root.resolve("drill");
    }

    public Path secrets() {
        return root.resolve("secrets.properties");
    }

    /** Class archives that make later starts faster; no data. */
    public Path cache() {
        return root.resolve("cache");
    }

    /** Written when everything is ready, removed when it stops: where a client finds everything. */
    public Path addresses() {
        return run().resolve("addresses.properties");
    }

    /** The launcher that holds this folder, if one runs. */
    public Optional<LocalProcess> launcher() {
        return LocalProcess.running("launcher", launcherPid(), logs().resolve("up.log"));
    }

    Path launcherPid() {
        return run().resolve("launcher.pid");
    }

    /** Creates the folder or recognises it as one of ours. */
    void prepare() {
        try {
            boolean foreign = Files.isDirectory(root) && !Files.exists(root.resolve(MARK)) && !isEmpty();
            if (foreign) {
                throw new StartFailure(
                        root + " is not empty and holds no data of Daftar: name another folder with --data.");
            }
            Files.createDirectories(root);
            if (!Files.exists(root.resolve(MARK))) {
                Files.createFile(root.resolve(MARK));
            }
            Files.createDirectories(run());
            Files.createDirectories(logs());
            Files.createDirectories(cache());
        } catch (IOException e) {
            throw new StartFailure(
                    "The data folder " + root + " cannot be written: make it yours or name another one with --data.",
                    e);
        }
    }

    /**
     * Takes the folder for this process until it ends, however it ends.
     *
     * @return empty when another launcher holds it
     */
    Optional<FileLock> lock() {
        try {
            FileChannel channel = FileChannel.open(
                    run().resolve("launcher.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            return Optional.ofNullable(channel.tryLock());
        } catch (IOException e) {
            throw new StartFailure("Cannot lock the data folder " + root + ": make it yours or name another one.", e);
        }
    }

    /** Deletes data, logs and secrets; keeps unpacked programs and class archives. */
    void forget() {
        List<String> command = new ArrayList<>(List.of("rm", "-rf", "--"));
        Stream.of(
                        postgres().resolve("primary"),
                        postgres().resolve("replica"),
                        postgres().resolve("leader"),
                        kafka(),
                        s3(),
                        logs(),
                        secrets(),
                        backup(),
                        restored(),
                        drill())
                .map(Path::toString)
                .forEach(command::add);
        LocalProcess.Output output = LocalProcess.run(Duration.ofMinutes(2), command);
        if (!output.succeeded()) {
            throw new StartFailure(
                    "Cannot delete the old data: " + output.text().strip() + ".");
        }
        prepare();
    }

    private boolean isEmpty() throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            return files.findAny().isEmpty();
        }
    }
}
