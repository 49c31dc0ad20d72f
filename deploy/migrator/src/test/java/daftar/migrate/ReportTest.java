package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final Report report = new Report("usage", Phase.EXPAND, "2026-11-25T20:00:00Z");

    @Test
    void theTableOfMetricsListsWhatIsWrittenAndNothingElse() throws IOException {
        String operations = Files.readString(Path.of("../docs/OPERATIONS.md"));
        assertEquals(
                names("(?m)^\\| `(daftar_migration_\\w+)\\{slice}` \\| migrator \\|", operations),
                names("(?m)^(daftar_migration_\\w+)\\{slice=\"usage\"} ", report.metrics()));
    }

    @Test
    void theJsonSaysHowItEndedAndWhy() {
        report.overridden(Guard.REPLICA_LAG, "the replica is being rebuilt");
        report.applied(new Report.AppliedScript(
                "V2__words.sql", "expand", 0.25, 3, List.of(new Report.RunStatement("ALTER TABLE words", 0.2))));
        report.ended(ExitCode.LOCKED, "no lock", Instant.parse("2026-11-25T20:00:09Z"), 9);
        String json = report.json();
        for (String part : List.of(
                "\"exit_code\" : 4",
                "\"result\" : \"locked\"",
                "\"message\" : \"no lock\"",
                "\"replica-lag\" : \"the replica is being rebuilt\"",
                "\"lock_retries\" : 3",
                "\"finished_at\" : \"2026-11-25T20:00:09Z\"")) {
            assertTrue(json.contains(part), () -> part + " in " + json);
        }
    }

    private static List<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult each) -> each.group(1))
                .sorted()
                .collect(Collectors.toList());
    }
}
