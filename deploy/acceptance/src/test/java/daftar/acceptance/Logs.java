package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What every process of the system has logged so far. */
final class Logs {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What writes a line for each request that is refused. */
    private static final String REFUSALS = "daftar.kit.request.Correlation";

    private final Map<String, List<String>> lines = new TreeMap<>();

    Logs(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                lines.put(file.getFileName().toString(), Files.readAllLines(file, StandardCharsets.ISO_8859_1));
            }
        }
    }

    /** Each of the texts is in some log. */
    void hold(List<String> texts) {
        for (String text : texts) {
            assertTrue(lines.values().stream().flatMap(List::stream).anyMatch(line -> line.contains(text)), text);
        }
    }

    /** None of the texts, in lower case, is in any log. */
    void holdNone(List<String> texts) {
        lines.forEach((name, log) -> assertEquals(
                List.of(),
                log.stream()
                        .filter(line -> texts.stream().anyMatch(line.toLowerCase(Locale.ROOT)::contains))
                        .toList(),
                () -> name + " holds what it must not"));
    }

    /** Every line is a JSON object, and those of refused requests have a correlation id, this one among them. */
    void areJsonThatNamesTheRequest(String service, String correlationId) {
        List<String> ids = new ArrayList<>();
        for (String line : lines.get(service + ".log")) {
            JsonNode entry = read(service, line);
            if (entry.path("loggerName").asText().equals(REFUSALS)) {
                ids.add(entry.path("mdc").path("correlation_id").asText());
            }
        }
        assertTrue(ids.contains(correlationId), () -> service + ": " + ids);
        assertFalse(ids.contains(""), () -> service + " does not say which request was refused");
    }

    private static JsonNode read(String service, String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError(service + " logs a line that is no JSON: " + line, e);
        }
    }
}
