package daftar.usage.log;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.kit.page.Page.Cursor;
import io.smallrye.mutiny.Multi;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * All rows of a user's range as text, the oldest first, page by page.
 *
 * <p>A page is read when the one before has left for the caller, on a connection that is held for that page alone: neither
 * memory nor a connection waits for a slow caller, and no statement is longer than a page.
 */
@ApplicationScoped
class UsageExport {

    /** Rows of a page; with the longest metadata they are 8 MB, with that of most events 200 kB. */
    static final int PAGE = 1_000;

    private final UsageLogs logs;
    private final ObjectMapper json;

    @Inject
    UsageExport(UsageLogs logs, ObjectMapper json) {
        this.logs = logs;
        this.json = json;
    }

    /** By RFC 4180, with a line of column names; text that a spreadsheet would take for a formula begins with an apostrophe. */
    Multi<String> csv(UUID userId, TimeRange range) {
        return pages(
                userId,
                range,
                (rows, first) -> (first ? CsvLine.NAMES : "")
                        + rows.stream().map(CsvLine::of).collect(Collectors.joining()));
    }

    /** One JSON object a line, as in the list of rows. */
    Multi<JsonLines> ndjson(UUID userId, TimeRange range) {
        return pages(
                        userId,
                        range,
                        (rows, first) -> rows.stream().map(this::line).collect(Collectors.joining("\n")))
                .map(JsonLines::new);
    }

    private Multi<String> pages(UUID userId, TimeRange range, BiFunction<List<UsageLog>, Boolean, String> text) {
        return Multi.createBy()
                .repeating()
                .uni(
                        Progress::new,
                        progress ->
                                logs.after(userId, range, progress.last, PAGE).map(rows -> progress.next(rows, text)))
                .whilst(more -> more.rows() == PAGE)
                .map(Chunk::text)
                .filter(chunk -> !chunk.isBlank());
    }

    private String line(UsageLog row) {
        try {
            return json.writeValueAsString(row);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible); // a record of plain values
        }
    }

    /** Lines as they are, but for the last one's end, which whoever writes this media type adds. */
    record JsonLines(@JsonValue @JsonRawValue String text) {}

    private record Chunk(int rows, String text) {}

    /** How far one export has come. */
    private static final class Progress {

        private Cursor last;

        Chunk next(List<UsageLog> rows, BiFunction<List<UsageLog>, Boolean, String> text) {
            Chunk chunk = new Chunk(rows.size(), text.apply(rows, last == null));
            if (!rows.isEmpty()) {
                last = rows.get(rows.size() - 1).cursor();
            }
            return chunk;
        }
    }
}
