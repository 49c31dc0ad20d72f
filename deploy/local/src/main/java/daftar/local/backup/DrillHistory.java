package daftar.local.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import daftar.local.StartFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.util.List;
import java.util.Optional;

/** What drills found: one line of JSON each in {@code drills.jsonl}, and an object each in the store. */
final class DrillHistory {
    private final Path file;

    DrillHistory(Path home) {
        this.file = home.resolve("drills.jsonl");
    }

    /** Adds a line. */
    void add(DrillRecord record) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, record.json() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + file + ": make the data folder yours.", e);
        }
    }

    /** Puts a record into the store too, where it outlives the machine. */
    static void publish(StoreClient client, DrillRecord record) {
        client.put("drills/" + record.startedAt() + ".json", (record.json() + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** All of them, oldest first; a line that a crash cut short is left out. */
    List<DrillRecord> records() {
        try {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            return lines.stream().flatMap(line -> parse(line).stream()).toList();
        } catch (IOException e) {
            throw new StartFailure("Cannot read " + file + ": make the data folder yours.", e);
        }
    }

    /** The newest one. */
    Optional<DrillRecord> last() {
        return records().stream().reduce((older, newer) -> newer);
    }

    private static Optional<DrillRecord> parse(String line) {
        try {
            return Optional.of(DrillRecord.parse(line));
        } catch (JsonProcessingException | DateTimeException e) {
            return Optional.empty();
        }
    }
}
