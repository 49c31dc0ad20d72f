package daftar.migrate.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Squawk, which knows PostgreSQL's locks. The program lies in the platform's package of npm's {@code squawk-cli}: fetched
 * once, checked, and kept in {@code ~/.cache/daftar}.
 */
final class Squawk {
    /** Before the name of a rule of squawk's, in findings and waivers. */
    static final String PREFIX = "squawk/";

    private static final String VERSION = "2.66.0";
    private static final String SHA_256 = "e7965f8146b53cfa7a4625ceecfea5c6aeb35add39132210aa60b11ae180b9f4";
    private static final Path CONFIG = Lint.ROOT.resolve("deploy/migrator/.squawk.toml");

    private final Path program;

    private Squawk(Path program) {
        this.program = program;
    }

    /** Without npm, or on another processor than x86-64, the tests are left out and say so; not where {@code CI} is set. */
    static Squawk installed() throws IOException {
        Path folder = Files.createDirectories(Path.of(System.getProperty("user.home"), ".cache", "daftar"));
        Path program = folder.resolve("squawk-" + VERSION);
        if (!Files.exists(program)) {
            boolean fetchable = isThere("npm")
                    && isThere("tar")
                    && List.of("amd64", "x86_64").contains(System.getProperty("os.arch"));
            Assumptions.assumeTrue(
                    fetchable || System.getenv("CI") != null,
                    "no npm to fetch squawk for x86-64 with: its tests are left out");
            Path download = Files.createTempDirectory(folder, "download");
            run(download, List.of("npm", "pack", "--silent", "@squawk-cli/linux-x64@" + VERSION));
            run(download, List.of("tar", "-xzf", "squawk-cli-linux-x64-" + VERSION + ".tgz"));
            Path unpacked = download.resolve("package/bin/squawk");
            assertEquals(SHA_256, hash(unpacked), "squawk is not the program that was looked at");
            assertTrue(unpacked.toFile().setExecutable(true));
            Files.move(unpacked, program, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        return new Squawk(program);
    }

    /** What it has against a script, as that runs: in a transaction unless it is concurrent. */
    List<Finding> check(MigrationFile file) throws IOException {
        Path copy = Files.createTempFile("squawk-", ".sql");
        try {
            Files.writeString(copy, file.text());
            String json = run(
                    copy.getParent(),
                    List.of(
                            program.toString(),
                            "--config=" + CONFIG,
                            file.isConcurrent() ? "--no-assume-in-transaction" : "--assume-in-transaction",
                            "--reporter=json",
                            copy.toString()));
            List<Finding> findings = new ArrayList<>();
            for (JsonNode each : new ObjectMapper().readTree(json.isBlank() ? "[]" : json)) {
                findings.add(file.finding(
                        each.get("line").asInt() + 1,
                        PREFIX + each.get("rule_name").asText(),
                        each.get("message").asText().replaceAll("\\.?\\s*$", ""),
                        each.get("help").asText("See MIGRATIONS.md").replaceAll("\\.?\\s*$", "")));
            }
            return findings;
        } finally {
            Files.delete(copy);
        }
    }

    private static boolean isThere(String command) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
    }

    private static String run(Path folder, List<String> command) throws IOException {
        Path output = Files.createTempFile("squawk-", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                throw new IllegalStateException(command + " took too long");
            }
            return Files.readString(output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    private static String hash(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
