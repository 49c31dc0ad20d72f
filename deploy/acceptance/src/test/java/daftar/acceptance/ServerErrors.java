package daftar.acceptance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the servers refused usage-service, by SQLSTATE, from their logs: also what the service made good by itself. Needs the
 * SQLSTATE in {@code log_line_prefix}.
 */
final class ServerErrors {

    /** After {@code user@database}: the prefix's {@code %e}. */
    static final String PREFIX = "%m [%p] %q%u@%d %e ";

    /** A plan that a change of the schema broke, a column and a table that are not there. */
    static final List<String> OF_SCHEMA = List.of("0A000", "42703", "42P01");

    private static final Pattern ERROR = Pattern.compile(" usage_app@daftar (\\w{5}) (?:ERROR|FATAL):");

    private final List<Path> logs;
    private final Map<Path, Long> before = new TreeMap<>();

    /** From now on. */
    ServerErrors(LocalSystem system) throws IOException {
        logs = List.of(
                system.logs().resolve("postgres-primary.log"), system.logs().resolve("postgres-replica.log"));
        for (Path log : logs) {
            before.put(log, lines(log));
        }
    }

    /** How often each SQLSTATE was answered. */
    Map<String, Long> counts() throws IOException {
        Map<String, Long> counts = new TreeMap<>();
        for (Path log : logs) {
            try (var lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
                lines.skip(before.get(log))
                        .map(ERROR::matcher)
                        .filter(Matcher::find)
                        .map(found -> found.group(1))
                        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
                        .forEach((state, count) -> counts.merge(state, count, Long::sum));
            }
        }
        return counts;
    }

    private static long lines(Path log) throws IOException {
        try (var lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            return lines.count();
        }
    }
}
