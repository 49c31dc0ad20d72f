package daftar.local.s3;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An S3-compatible server over a plain folder, in a JVM of its own; it checks request signatures (AWS Signature V4). */
public final class S3Store {
    /** The platform's bucket. */
    public static final String BUCKET = "daftar";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Installation installation;
    private final Options options;
    private final Path pidFile;
    private final Path logFile;
    private final Optional<Vault> vault;

    /**
     * Where and how the store runs.
     *
     * @param directory keeps objects, settings and pid file
     * @param logs receives {@code s3.log}
     * @param port on 127.0.0.1
     * @param accessKey the one client's name
     * @param secretKey what that client signs with
     */
    public record Options(Path directory, Path logs, int port, String accessKey, String secretKey) {}

    /**
     * A second client with a bucket of its own, whose objects lie on the disk encrypted (AES-128 in CFB mode, under a key made
     * of the password by PBKDF2). The two clients cannot see each other's buckets.
     *
     * @param bucket made at the start
     * @param accessKey the client's name
     * @param secretKey what the client signs with
     * @param password objects that were written under another one read as noise
     * @param salt at least eight characters; belongs to the password
     */
    public record Vault(String bucket, String accessKey, String secretKey, String password, String salt) {}

    /** A store without a vault; starts nothing. */
    public S3Store(Installation installation, Options options) {
        this(installation, options, Optional.empty());
    }

    /** Starts nothing. */
    public S3Store(Installation installation, Options options, Optional<Vault> vault) {
        this.installation = installation;
        this.options = options;
        this.vault = vault;
        this.pidFile = options.directory().resolve("s3.pid");
        this.logFile = options.logs().resolve("s3.log");
    }

    /** Address for path-style requests. */
    public String endpoint() {
        return "http://" + Loopback.ADDRESS + ":" + options.port();
    }

    /** The store's process, if it runs. */
    public Optional<LocalProcess> process() {
        return LocalProcess.running("s3", pidFile, logFile);
    }

    public boolean isRunning() {
        return process().isPresent();
    }

    public Path logFile() {
        return logFile;
    }

    /** Starts the store unless it runs and waits until it listens; the bucket exists then. */
    public void start() {
        LocalProcess process = process().orElseGet(this::launch);
        boolean listening = Waiting.until(START_LIMIT, () -> !process.isAlive() || !Loopback.isFree(options.port()));
        if (!listening || !process.isAlive()) {
            String end = process.lastLogLines(10);
            process.kill();
            throw new StartFailure("The S3 store did not start; the end of " + logFile + " says:\n" + end);
        }
    }

    /** Orderly stop; harmless when stopped. */
    public void stop() {
        process().ifPresent(process -> process.stop("TERM", Duration.ofSeconds(15)));
    }

    /** The crash: SIGKILL. */
    public void kill() {
        process().ifPresent(LocalProcess::kill);
    }

    private LocalProcess launch() {
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                installation.s3Jar().toString(),
                "--properties",
                write("s3proxy.properties", settings(bucket("objects", BUCKET))).toString()));
        vault.ifPresent(held -> command.addAll(List.of(
                "--properties",
                write("vault.properties", settings(bucket("vault", held.bucket()), held))
                        .toString())));
        return LocalProcess.start(new LocalProcess.Plan(
                "s3", command, Map.of("LOG_LEVEL", "warn"), options.directory().toAbsolutePath(), pidFile, logFile));
    }

    /** Makes a bucket's folder and returns the one above it. */
    private Path bucket(String folder, String name) {
        Path objects = options.directory().resolve(folder).toAbsolutePath();
        try {
            // in this store a bucket is a folder, and one that others may read is open to unsigned requests
            Path bucket = Files.createDirectories(objects.resolve(name));
            Files.setPosixFilePermissions(bucket, PosixFilePermissions.fromString("rwx------"));
            return objects;
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + objects + ": name a data folder that you may write.", e);
        }
    }

    private Path write(String name, String text) {
        Path settings = options.directory().resolve(name).toAbsolutePath();
        try {
            Files.deleteIfExists(settings);
            Files.createFile(
                    settings, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            return Files.writeString(settings, text);
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + settings + ": name a data folder that you may write.", e);
        }
    }

    private String settings(Path objects) {
        return settings(objects, options.accessKey(), options.secretKey());
    }

    private String settings(Path objects, Vault held) {
        return settings(objects, held.accessKey(), held.secretKey()) + """
                s3proxy.encrypted-blobstore=true
                s3proxy.encrypted-blobstore-password=%s
                s3proxy.encrypted-blobstore-salt=%s
                """.formatted(held.password(), held.salt());
    }

    private String settings(Path objects, String accessKey, String secretKey) {
        return """
                s3proxy.endpoint=%s
                s3proxy.authorization=aws-v2-or-v4
                s3proxy.identity=%s
                s3proxy.credential=%s
                s3proxy.ignore-unknown-headers=true
                s3proxy.v4-max-non-chunked-request-size=134217728
                jclouds.provider=filesystem-nio2
                jclouds.filesystem.basedir=%s
                """.formatted(endpoint(), accessKey, secretKey, objects);
    }
}
