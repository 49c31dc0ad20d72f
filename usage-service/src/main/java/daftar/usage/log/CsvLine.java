package daftar.usage.log;

import jakarta.annotation.Nullable;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A row of usage as a line of comma-separated values (RFC 4180). */
final class CsvLine {

    /** The first line: the columns' names. */
    static final String NAMES =
            "id,session_id,service_name,tokens_used,speech_seconds,timestamp,cost_usd,model,input_tokens,"
                    + "output_tokens,voided,corrected_tokens_used,corrected_speech_seconds,corrected_cost_usd,metadata\r\n";

    /** What spreadsheets take for the beginning of a formula, and what they skip before it. */
    private static final String FORMULA = "=+-@\t\r\n";

    private CsvLine() {}

    static String of(UsageLog row) {
        UsageLog.Corrected corrected = row.corrected();
        return Stream.of(
                        row.id().toString(),
                        row.sessionId().toString(),
                        field(row.serviceName()),
                        Integer.toString(row.tokensUsed()),
                        Integer.toString(row.speechSeconds()),
                        row.timestamp().toString(),
                        row.costUsd().toPlainString(),
                        field(row.model() == null ? "" : row.model()),
                        number(row.inputTokens()),
                        number(row.outputTokens()),
                        corrected == null ? "" : Boolean.toString(corrected.voided()),
                        corrected == null ? "" : Long.toString(corrected.tokensUsed()),
                        corrected == null ? "" : Long.toString(corrected.speechSeconds()),
                        corrected == null ? "" : corrected.costUsd().toPlainString(),
                        field(row.metadata() == null ? "" : row.metadata()))
                .collect(Collectors.joining(",", "", "\r\n"));
    }

    private static String number(@Nullable Integer value) {
        return value == null ? "" : value.toString();
    }

    /** Text as a value; numbers may begin with a minus, and are none. */
    static String field(String value) {
        String harmless = !value.isEmpty() && FORMULA.indexOf(value.charAt(0)) >= 0 ? "'" + value : value;
        boolean quoted = harmless.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return quoted ? "\"" + harmless.replace("\"", "\"\"") + "\"" : harmless;
    }
}
