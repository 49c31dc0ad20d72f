package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Specmatic, which makes requests from an API document, good ones and spoilt ones. Its jar lies in its npm
 * package: fetched once, checked, and kept in {@code ~/.cache/daftar}.
 */
final class Specmatic {

    private static final String VERSION = "2.55.1";
    private static final String SHA_256 = "07a1ae4b861c6b4dab67a4a1407c58f28db306b3b7732eda92148bce8f2729b9";
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final Path jar;

    private Specmatic(Path jar) {
        this.jar = jar;
    }

    /** Where there is no npm the tests are left out and say so; not where {@code CI} is set. */
    static Specmatic installed() throws IOException {
        Path folder = Files.createDirectories(Path.of(System.getProperty("user.home"), ".cache", "daftar"));
        Path jar = folder.resolve("specmatic-" + VERSION + ".jar");
        if (!Files.exists(jar)) {
            boolean npm = isThere("npm") && isThere("tar");
            Assumptions.assumeTrue(
                    npm || System.getenv("CI") != null, "no npm to fetch Specmatic with: its tests are left out");
            Path download = Files.createTempDirectory(folder, "download");
            run(Duration.ofMinutes(5), download, List.of("npm", "pack", "--silent", "specmatic@" + VERSION), Map.of());
            run(
                    LIMIT,
                    download,
                    List.of("tar", "-xzf", "specmatic-" + VERSION + ".tgz", "package/specmatic.jar"),
                    Map.of());
            Path unpacked = download.resolve("package/specmatic.jar");
            assertEquals(SHA_256, hash(unpacked), "Specmatic's jar is not the one that was looked at");
            Files.move(unpacked, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        return new Specmatic(jar);
    }

    /** Sends the requests; gives what Specmatic says of them. */
    String test(Path document, String address, String token, String filter) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-jar",
                jar.toString(),
                "test",
                "--timeout=30",
                "--testBaseURL=" + address));
        if (!filter.isEmpty()) {
            command.add("--filter=" + filter);
        }
        command.add(document.toAbsolutePath().toString());
        return run(
                LIMIT,
                document.toAbsolutePath().getParent(),
                command,
                Map.of(
                        "SecurityScheme", token,
                        "SPECMATIC_GENERATIVE_TESTS", "true",
                        "MAX_TEST_REQUEST_COMBINATIONS", "8"));
    }

    private static boolean isThere(String command) {
        return java.util.Arrays.stream(System.getenv("PATH").split(java.io.File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
    }

    private static String run(Duration limit, Path folder, List<String> command, Map<String, String> environment)
            throws IOException {
        Path output = Files.createTempFile(folder, "output", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(command + " took too long: read " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static String hash(Path file) throws IOException {
        try (InputStream bytes =
                new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            bytes.transferTo(java.io.OutputStream.nullOutputStream());
            return HexFormat.of()
                    .formatHex(((DigestInputStream) bytes).getMessageDigest().digest());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
