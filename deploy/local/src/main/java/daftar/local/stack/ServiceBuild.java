package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/** Builds those services whose program is missing or older than what it is made of. */
final class ServiceBuild {
    private ServiceBuild() {}

    /** The program of a service. */
    static Path artifact(Installation installation, String service) {
        return installation.root().resolve(service + "-service/target/quarkus-app/quarkus-run.jar");
    }

    static void buildWhatIsStale(Installation installation, List<String> services, Progress progress) {
        List<String> stale = services.stream()
                .filter(service -> isStale(installation, service))
                .toList();
        if (stale.isEmpty()) {
            return;
        }
        progress.say("building " + String.join(", ", stale) + " (Maven; the first time this downloads libraries)");
        List<String> modules =
                stale.stream().map(service -> service + "-service").toList();
        run(
                installation,
                List.of(
                        "mvn",
                        "-q",
                        "-B",
                        "-Dmaven.test.skip=true",
                        "-pl",
                        String.join(",", modules),
                        "-am",
                        "package"));
        for (String service : stale) {
            touch(artifact(installation, service));
        }
        progress.say("built");
    }

    private static boolean isStale(Installation installation, String service) {
        Path artifact = artifact(installation, service);
        if (!Files.exists(artifact)) {
            return true;
        }
        Path root = installation.root();
        Path module = root.resolve(service + "-service");
        Instant built = modified(artifact);
        return Stream.of(
                        root.resolve("pom.xml"),
                        module.resolve("pom.xml"),
                        module.resolve("src/main"),
                        root.resolve("deploy/service-kit/pom.xml"),
                        root.resolve("deploy/service-kit/src/main"),
                        root.resolve("deploy/quarantine/pom.xml"),
                        root.resolve("deploy/quarantine/src/main"),
                        root.resolve("deploy/retention/pom.xml"),
                        root.resolve("deploy/retention/src/main"),
                        root.resolve("deploy/migrator/pom.xml"),
                        root.resolve("deploy/migrator/src/main"))
                .anyMatch(source -> newest(source).isAfter(built));
    }

    private static Instant newest(Path source) {
        if (!Files.exists(source)) {
            return Instant.MIN;
        }
        try (Stream<Path> files = Files.walk(source)) {
            return files.map(ServiceBuild::modified).max(Instant::compareTo).orElse(Instant.MIN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Instant modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A build may leave a file alone that it would have made the same; it is up to date all the same. */
    private static void touch(Path artifact) {
        try {
            Files.setLastModifiedTime(artifact, FileTime.from(Instant.now()));
        } catch (IOException e) {
            throw new StartFailure("The build made no " + artifact + ": run mvn package and read what it says.", e);
        }
    }

    private static void run(Installation installation, List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(installation.root().toFile())
                    .inheritIO();
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            if (builder.start().waitFor() != 0) {
                throw new StartFailure("The build failed: correct what Maven says above and try again.");
            }
        } catch (IOException e) {
            throw new StartFailure("Maven is needed to build the services: install it so that mvn is on the PATH.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while building.", e);
        }
    }
}
