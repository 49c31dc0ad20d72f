package daftar.local.replay;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The file beside what came out of it.
 *
 * @param lines one a user
 * @param events ids in the file
 * @param found of these ids, how many have a row in {@code usage_logs}
 */
record Comparison(List<Line> lines, long events, long found) {
    /**
     * One user's, or everybody's, figures.
     *
     * @param expected of the file
     * @param logs rows of {@code usage_logs}
     * @param totals of billing's {@code usage_totals}
     * @param api of usage's REST interface
     */
    record Line(String who, Tally expected, Tally logs, Tally totals, Tally api) {
        boolean agrees() {
            return Stream.of(logs, totals, api).allMatch(expected::equals);
        }
    }

    boolean agrees() {
        return found == events && lines.stream().allMatch(Line::agrees) && all().agrees();
    }

    Line all() {
        return new Line(
                "all",
                Tally.sum(lines.stream().map(Line::expected).toList()),
                Tally.sum(lines.stream().map(Line::logs).toList()),
                Tally.sum(lines.stream().map(Line::totals).toList()),
                Tally.sum(lines.stream().map(Line::api).toList()));
    }

    String text() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%n%-6s %31s   %39s%n%-6s %7s %7s %7s %7s   %9s %9s %9s %9s%n",
                "",
                "events",
                "tokens_used",
                "user",
                "file",
                "logs",
                "billing",
                "API",
                "file",
                "logs",
                "billing",
                "API"));
        lines.forEach(line -> append(text, line));
        append(text, all());
        text.append(
                String.format(Locale.ROOT, "%nevent ids of the file found in usage_logs: %d of %d%n", found, events));
        long differing = lines.stream().filter(line -> !line.agrees()).count();
        text.append(
                agrees()
                        ? "Every figure equals the file's.\n"
                        : "DIFFERENT: " + differing + " of " + lines.size() + " users differ from the file.\n");
        text.append(TrafficFile.LICENCE);
        return text.toString();
    }

    private static void append(StringBuilder text, Line line) {
        text.append(String.format(
                Locale.ROOT,
                "%-6s %7d %7d %7d %7d   %9d %9d %9d %9d%s%n",
                line.who(),
                line.expected().events(),
                line.logs().events(),
                line.totals().events(),
                line.api().events(),
                line.expected().tokens(),
                line.logs().tokens(),
                line.totals().tokens(),
                line.api().tokens(),
                line.agrees() ? "" : "  DIFFERENT"));
    }
}
