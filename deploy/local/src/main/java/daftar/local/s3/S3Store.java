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

    /** Starts nothing. */
    public S3Store(Installation installation, Options options) {
        this.installation = installation;
        this.options = options;
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
        Path objects = options.directory().resolve("objects").toAbsolutePath();
        Path settings = options.directory().resolve("s3proxy.properties").toAbsolutePath();
        try {
            // in this store a bucket is a folder, and one that others may read is open to unsigned requests
            Path bucket = Files.createDirectories(objects.resolve(BUCKET));
            Files.setPosixFilePermissions(bucket, PosixFilePermissions.fromString("rwx------"));
            Files.deleteIfExists(settings);
            Files.createFile(
                    settings, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(settings, settings(objects));
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + settings + ": name a data folder that you may write.", e);
        }
        return LocalProcess.start(new LocalProcess.Plan(
                "s3",
                List.of(
                        installation.java().toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        installation.s3Jar().toString(),
                        "--properties",
                        settings.toString()),
                Map.of("LOG_LEVEL", "warn"),
                options.directory().toAbsolutePath(),
                pidFile,
                logFile));
    }

    private String settings(Path objects) {
        return """
                s3proxy.endpoint=%s
                s3proxy.authorization=aws-v2-or-v4
                s3proxy.identity=%s
                s3proxy.credential=%s
                s3proxy.ignore-unknown-headers=true
                s3proxy.v4-max-non-chunked-request-size=134217728
                jclouds.provider=filesystem-nio2
                jclouds.filesystem.basedir=%s
                """.formatted(endpoint(), options.accessKey(), options.secretKey(), objects);
    }
}
