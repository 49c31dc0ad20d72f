package daftar.acceptance;

import daftar.local.Installation;
import daftar.local.process.LocalProcess;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The whole system as a person starts it: the commands of README.md, on ports and data of their own. */
final class LocalSystem implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(6);
    private static final int[] PORTS = {
        15432, 15433, 19092, 19093, 19000, 9080, 8081, 8082, 8083, 8084, 8085, 9081, 9082, 9083, 9084, 9085
    };

    private final Path root = Installation.find().root();
    private final int offset = freeOffset();
    private final Path data;

    /** What a command printed, and how it ended. */
    record Outcome(int exitCode, String output) {}

    LocalSystem() {
        try {
            data = Files.createTempDirectory("daftar-acceptance-");
            Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx--x--x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Outcome up(String... more) {
        List<String> arguments = new ArrayList<>(List.of("--data", data.toString(), "--port-offset", "" + offset));
        arguments.addAll(List.of(more));
        return run("up", arguments);
    }

    Outcome replay(Path file) {
        return run("replay", List.of(file.toString(), "--data", data.toString()));
    }

    Outcome down() {
        return run("down", List.of("--data", data.toString()));
    }

    Outcome restore(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--data", data.toString(), "--port", "" + (15442 + offset)));
        all.addAll(List.of(arguments));
        return run("restore", all);
    }

    Outcome drill() {
        return run("drill", List.of("--data", data.toString()));
    }

    /** Whether the archive of the database's log has a file of this name. */
    boolean archived(String name) throws IOException {
        try (Stream<Path> files = Files.walk(data.resolve("s3/vault"))) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith(name));
        }
    }

    /** The address of the backups' metrics. */
    String backupMetrics() {
        return "http://127.0.0.1:" + (9080 + offset) + "/metrics";
    }

    /** The address of a service's API. */
    String api(String service) {
        return "http://127.0.0.1:" + (8081 + position(service) + offset);
    }

    /** The address of a service's health and metrics. */
    String management(String service) {
        return "http://127.0.0.1:" + (9081 + position(service) + offset);
    }

    private static int position(String service) {
        return List.of("identity", "consent", "analytics", "billing", "usage").indexOf(service);
    }

    /** Kafka's bootstrap server. */
    String kafka() {
        return "127.0.0.1:" + (19092 + offset);
    }

    /** The primary's address or the replica's, as the services and the migrator are told it. */
    String database(boolean replica) {
        return "postgresql://127.0.0.1:" + ((replica ? 15433 : 15432) + offset) + "/daftar";
    }

    String secret(String name) {
        Properties secrets = new Properties();
        try (Reader file = Files.newBufferedReader(data.resolve("secrets.properties"))) {
            secrets.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return secrets.getProperty(name);
    }

    /** A connection to the server that takes writes, or to the one that began as the replica, as any role. */
    Connection connect(String role, boolean replica) throws SQLException {
        String address = replica
                ? "jdbc:" + database(true)
                : "jdbc:" + database(false).replace("/daftar", ",127.0.0.1:" + (15433 + offset) + "/daftar")
                        + "?targetServerType=primary&hostRecheckSeconds=0";
        return DriverManager.getConnection(address, role, secret("password." + role));
    }

    /** Every process that was started on this data, by its command line. */
    List<String> processes() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(data.toString()))
                        .isPresent())
                .map(process -> process.info().commandLine().orElseThrow())
                .toList();
    }

    /**
     * A process as it runs now. The launcher starts one again that ended.
     *
     * @param part a service, or {@code kafka}, or {@code postgres-primary} or {@code postgres-replica}, as the servers began
     */
    LocalProcess process(String part) {
        String pidFile = switch (part) {
            case "kafka" -> "kafka/kafka.pid";
            case "postgres-primary" -> "postgres/primary.pid";
            case "postgres-replica" -> "postgres/replica.pid";
            default -> "run/" + part + ".pid";
        };
        return LocalProcess.running(part, data.resolve(pidFile), logs().resolve(part + ".log"))
                .orElseThrow();
    }

    /** What the launcher has said since it was started. */
    String launcherSays() throws IOException {
        return Files.readString(data.resolve("run/up.log"));
    }

    Path logs() {
        return data.resolve("logs");
    }

    private Outcome run(String command, List<String> arguments) {
        List<String> line = new ArrayList<>();
        line.add(root.resolve("deploy/local").resolve(command).toString());
        line.addAll(arguments);
        try {
            Path output = Files.createTempFile("daftar-" + command, ".txt");
            Process process = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroy();
                throw new IllegalStateException(command + " took too long:\n" + Files.readString(output));
            }
            String text = Files.readString(output);
            Files.delete(output);
            return new Outcome(process.exitValue(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Stops it and keeps its logs in the module's target folder. */
    @Override
    public void close() throws IOException {
        down();
        Path kept = Files.createDirectories(Path.of("target", "acceptance-logs"));
        if (Files.isDirectory(logs())) {
            try (Stream<Path> files = Files.list(logs())) {
                for (Path file : files.toList()) {
                    Files.copy(
                            file,
                            kept.resolve(file.getFileName().toString()),
                            java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Below the ports that the kernel gives to others, so that none is taken between this check and the start. */
    private static int freeOffset() {
        return IntStream.iterate(1000, offset -> offset <= 13_000, offset -> offset + 500)
                .filter(offset -> IntStream.of(PORTS).allMatch(port -> isFree(port + offset)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no free ports"));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
