package daftar.migrate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The migrator as a process of its own, on a class path as a packaged service has it, to be killed. */
final class Command {
    private Command() {}

    /**
     * Starts it.
     *
     * @param folder keeps its class path's own part and its output
     */
    static Process start(SliceDatabase database, Path folder, String... arguments) {
        try {
            Path resources = Files.createDirectories(folder.resolve("service"));
            Files.writeString(resources.resolve("application.properties"), "daftar.service=usage\n");
            Path scripts = Files.createDirectories(resources.resolve("db/migration"));
            try (Stream<Path> files = Files.list(database.folder())) {
                for (Path file : files.toList()) {
                    Files.copy(file, scripts.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            Path services = Files.createDirectories(resources.resolve("META-INF/services"));
            Files.writeString(services.resolve(Backfill.class.getName()), LettersCounted.class.getName() + "\n");
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    resources + ":"
                            + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    Migrator.class.getName()));
            command.addAll(List.of(arguments));
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("output.txt").toFile());
            builder.environment()
                    .put("DAFTAR_PRIMARY_URL", database.slice().jdbcUrl().substring("jdbc:".length()));
            builder.environment().put("DAFTAR_OWNER_PASSWORD", SliceDatabase.PASSWORD);
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
