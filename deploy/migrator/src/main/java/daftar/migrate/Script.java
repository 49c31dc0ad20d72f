package daftar.migrate;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a migration script says of itself in its header, the comment lines at its beginning, and what can be seen of it.
 *
 * @param name the file's name
 * @param phase expand or contract; nothing where the header does not say
 * @param requiresApp oldest release that may still run when this script does; of contract scripts
 * @param requiresBackfill name of the back-fill that must have ended before
 * @param statementTimeout longest time of one statement; zero means none. Fifteen seconds where the header does not say,
 *     none for a concurrent script, which nobody waits for
 * @param concurrent whether it runs outside a transaction ({@code CREATE INDEX CONCURRENTLY} and its like)
 * @param createdIndexes names of the indexes that it makes concurrently
 */
record Script(
        String name,
        Optional<Phase> phase,
        Optional<AppVersion> requiresApp,
        Optional<String> requiresBackfill,
        Duration statementTimeout,
        boolean concurrent,
        List<String> createdIndexes) {
    static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(15);

    private static final Pattern PHASE = Pattern.compile("^-- Phase: (expand|contract)\\b.*$", Pattern.MULTILINE);
    private static final Pattern REQUIRES_APP = Pattern.compile("^-- requires-app: >= (\\S+)\\s*$", Pattern.MULTILINE);
    private static final Pattern REQUIRES_BACKFILL =
            Pattern.compile("^-- requires-backfill: ([a-z0-9_]+)\\s*$", Pattern.MULTILINE);
    private static final Pattern STATEMENT_TIMEOUT_LINE =
            Pattern.compile("^-- statement-timeout: (\\d{1,4})(s|min)\\b.*$", Pattern.MULTILINE);
    private static final Pattern COMMENTS_AND_TEXTS =
            Pattern.compile("--[^\\n]*|/\\*.*?\\*/|\\$(\\w*)\\$.*?\\$\\1\\$|'(?:[^']|'')*'", Pattern.DOTALL);
    private static final Pattern CONCURRENTLY = Pattern.compile("\\bCONCURRENTLY\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern CREATED_INDEX = Pattern.compile(
            "\\bCREATE\\s+(?:UNIQUE\\s+)?INDEX\\s+CONCURRENTLY\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?\"?(\\w+)\"?",
            Pattern.CASE_INSENSITIVE);

    /** Reads a script's text. */
    static Script of(String name, String text) {
        String header = text.lines()
                .takeWhile(line -> line.isBlank() || line.startsWith("--"))
                .collect(Collectors.joining("\n"));
        String code = COMMENTS_AND_TEXTS.matcher(text).replaceAll(" ");
        boolean concurrent = CONCURRENTLY.matcher(code).find();
        return new Script(
                name,
                first(PHASE, header).map(word -> word.equals("expand") ? Phase.EXPAND : Phase.CONTRACT),
                first(REQUIRES_APP, header).flatMap(AppVersion::of),
                first(REQUIRES_BACKFILL, header),
                statementTimeout(header).orElse(concurrent ? Duration.ZERO : STATEMENT_TIMEOUT),
                concurrent,
                CREATED_INDEX
                        .matcher(code)
                        .results()
                        .map(index -> index.group(1))
                        .toList());
    }

    private static Optional<Duration> statementTimeout(String header) {
        Matcher line = STATEMENT_TIMEOUT_LINE.matcher(header);
        if (!line.find()) {
            return Optional.empty();
        }
        long amount = Long.parseLong(line.group(1));
        return Optional.of(line.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMinutes(amount));
    }

    private static Optional<String> first(Pattern pattern, String header) {
        Matcher matcher = pattern.matcher(header);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
