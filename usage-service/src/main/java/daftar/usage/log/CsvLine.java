package daftar.usage.log;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A row of usage as a line of comma-separated values (RFC 4180). */
final class CsvLine {

    /** The first line: the columns' names. */
    static final String NAMES = "id,session_id,service_name,tokens_used,speech_seconds,timestamp,cost_usd,metadata\r\n";

    /** What spreadsheets take for the beginning of a formula, and what they skip before it. */
    private static final String FORMULA = "=+-@\t\r\n";

    private CsvLine() {}

    static String of(UsageLog row) {
        return Stream.of(
                        row.id().toString(),
                        row.sessionId().toString(),
                        row.serviceName(),
                        Integer.toString(row.tokensUsed()),
                        Integer.toString(row.speechSeconds()),
                        row.timestamp().toString(),
                        row.costUsd().toPlainString(),
                        row.metadata() == null ? "" : row.metadata())
                .map(CsvLine::field)
                .collect(Collectors.joining(",", "", "\r\n"));
    }

    /** The value; the columns hold no negative number, so only text can begin like a formula. */
    static String field(String value) {
        String harmless = !value.isEmpty() && FORMULA.indexOf(value.charAt(0)) >= 0 ? "'" + value : value;
        boolean quoted = harmless.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return quoted ? "\"" + harmless.replace("\"", "\"\"") + "\"" : harmless;
    }
}
