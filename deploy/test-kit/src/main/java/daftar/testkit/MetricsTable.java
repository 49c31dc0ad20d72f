package daftar.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.local.Installation;
import io.restassured.RestAssured;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The table of metrics in {@code deploy/docs/OPERATIONS.md}, held against what a service shows. */
public final class MetricsTable {

    /** Name, with its labels or without, and the services that have it. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z_]+)[^`]*` \\| ([a-z, ]+) \\|");

    private static final Pattern SAMPLE = Pattern.compile("(?m)^(\\w+)[ {]");
    private static final String EVERY_SERVICE = "all";

    private MetricsTable() {}

    /** Fails unless the service shows every metric that the table says it has, and lists every one of our own. */
    public static void check(String service, String managementAddress) {
        String text = RestAssured.get(managementAddress + "/q/metrics").asString();
        List<String> shown =
                SAMPLE.matcher(text).results().map(sample -> sample.group(1)).toList();
        List<String> listed = rows().filter(row -> row.group(2).equals(EVERY_SERVICE)
                        || List.of(row.group(2).split(", ")).contains(service))
                .map(row -> row.group(1))
                .toList();
        assertEquals(
                List.of(),
                listed.stream()
                        .filter(name -> shown.stream().noneMatch(each -> isOf(each, name)))
                        .toList(),
                service + " does not show what the table lists");
        assertEquals(
                List.of(),
                new TreeSet<>(shown)
                        .stream()
                                .filter(name -> name.startsWith("daftar_"))
                                .filter(name -> listed.stream().noneMatch(each -> isOf(name, each)))
                                .toList(),
                "the table does not list what " + service + " shows");
    }

    /** A timer {@code x_seconds} is shown as {@code x_seconds_count}, {@code _sum} and {@code _max}. */
    private static boolean isOf(String sample, String name) {
        return sample.matches(name + "(_count|_sum|_max)?");
    }

    private static Stream<MatchResult> rows() {
        try {
            Matcher rows =
                    ROW.matcher(Files.readString(Installation.find().root().resolve("deploy/docs/OPERATIONS.md")));
            return rows.results();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
