package daftar.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The migrator of a packaged service, run as production runs it: with the service's jars and nothing else. */
final class PackagedMigrator {

    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path application;
    private final String address;
    private final String password;

    /**
     * How a run ended.
     *
     * @param report what it says of itself
     */
    record Run(int exitCode, String output, JsonNode report) {

        /** Attempts that ended without their lock. */
        int lockRetries() {
            int retries = 0;
            for (JsonNode script : report.path("scripts")) {
                retries += script.path("lock_retries").asInt();
            }
            return retries;
        }

        /** Script by script: its time and how often it tried again. */
        List<String> scripts() {
            List<String> lines = new ArrayList<>();
            for (JsonNode script : report.path("scripts")) {
                lines.add(String.format(
                        java.util.Locale.ROOT,
                        "%-46s %6.1f s, tried again %d times",
                        script.path("script").asText(),
                        script.path("seconds").asDouble(),
                        script.path("lock_retries").asInt()));
            }
            return lines;
        }
    }

    /**
     * One for a slice of a database.
     *
     * @param application the package's folder
     * @param address of the primary, {@code postgresql://host:port/database}
     * @param password of the slice's owner
     */
    PackagedMigrator(Path application, String address, String password) {
        this.application = application;
        this.address = address;
        this.password = password;
    }

    Run run(String... arguments) throws IOException, InterruptedException {
        Path output = Files.createTempFile("daftar-migrator", ".txt");
        Path report = Files.createTempFile("daftar-migrator", ".json");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                "app/*:lib/main/*",
                "daftar.migrate.Migrator",
                "--report",
                report.toString()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(application.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("DAFTAR_PRIMARY_URL", address);
        builder.environment().put("DAFTAR_OWNER_PASSWORD", password);
        Process process = builder.start();
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("the migrator does not end:\n" + Files.readString(output));
            }
            return new Run(process.exitValue(), Files.readString(output), JSON.readTree(Files.readString(report)));
        } finally {
            process.destroyForcibly();
            Files.delete(output);
            Files.delete(report);
        }
    }
}
