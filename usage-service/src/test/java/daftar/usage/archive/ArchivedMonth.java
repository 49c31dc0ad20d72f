package daftar.usage.archive;

import static io.restassured.RestAssured.given;

import daftar.testkit.Stack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** A month of years that no other test uses, and what a test asks of it. */
final class ArchivedMonth {

    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static final String ROWS = """
        SELECT l.id, l.user_id, l.session_id, l.service_name, l.tokens_used, l.speech_seconds, l."timestamp",
               l.cost_usd, l.metadata::text AS metadata
        FROM %s AS l
        WHERE date_trunc('month', l."timestamp") = ?::date
        ORDER BY l.id
        """;

    private final Stack stack;
    private final Rows rows;
    private final Archiver archiver;
    private final YearMonth month;

    ArchivedMonth(Stack stack, Archiver archiver, String month) {
        this.stack = stack;
        this.rows = new Rows(stack);
        this.archiver = archiver;
        this.month = YearMonth.parse(month);
    }

    /** A row on a day of the month, counted as an event's row is. */
    void used(UUID user, int tokens, int day) {
        rows.used(user, "tutor", tokens, "%s-%02dT12:00:00.000001Z".formatted(month, day));
    }

    void archive() {
        archiver.run(month.atDay(1)).await().atMost(LIMIT);
    }

    /** The rows that the database has of the month. */
    List<Map<String, Object>> logged() {
        return stack.query("usage_owner", ROWS.formatted("usage_logs"), month.atDay(1));
    }

    List<Map<String, Object>> restored() {
        return stack.query("usage_owner", ROWS.formatted("usage_logs_restored"), month.atDay(1));
    }

    /** {@code part state attempt}, of each part. */
    List<String> parts() {
        return stack
                .query(
                        "usage_owner",
                        "SELECT part || ' ' || state || ' ' || attempt AS p FROM usage_archives WHERE month = ? ORDER"
                                + " BY part",
                        month.atDay(1))
                .stream()
                .map(row -> row.get("p").toString())
                .toList();
    }

    /** Names of the tables that are or were the month's partitions. */
    List<String> tables() {
        return stack
                .query(
                        "usage_owner",
                        "SELECT c.relname::text AS name FROM pg_class AS c WHERE c.relkind = 'r' AND c.relname LIKE ?"
                                + " ORDER BY 1",
                        "usage_logs_y%dm%02d%%".formatted(month.getYear(), month.getMonthValue()))
                .stream()
                .map(row -> row.get("name").toString())
                .toList();
    }

    /** The Parquet files in the store. */
    List<Path> files() {
        Path folder = stack.s3Objects()
                .resolve("daftar/usage_logs/v=1/year=%d/month=%02d".formatted(month.getYear(), month.getMonthValue()));
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".parquet"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A user's tokens of the month as the API lists them with the archive, page by page. */
    List<Integer> listed(UUID user, int limit) {
        List<Integer> tokens = new ArrayList<>();
        String cursor = "";
        do {
            var page = list(user, "&archive=true&limit=" + limit + cursor)
                    .statusCode(200)
                    .extract();
            tokens.addAll(page.path("items.tokens_used"));
            cursor = page.path("next_cursor") == null ? null : "&cursor=" + page.path("next_cursor");
        } while (cursor != null);
        return tokens;
    }

    ValidatableResponse list(UUID user, String query) {
        return given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", rows.position())
                .get(
                        "/v1/users/{user_id}/usage/logs?from={from}T00:00:00Z&to={to}T00:00:00Z" + query,
                        user,
                        month.atDay(1).toString(),
                        month.plusMonths(1).atDay(1).toString())
                .then();
    }

    /** What the sums say of the user's month. */
    long counted(UUID user) {
        return stack.number(
                "usage_owner",
                "SELECT coalesce(sum(tokens_used), 0) FROM usage_rollups WHERE user_id = ? AND bucket_minutes = 1440"
                        + " AND date_trunc('month', bucket_start) = ?",
                user,
                month.atDay(1).atStartOfDay());
    }

    ValidatableResponse restore() {
        return given().auth()
                .oauth2(Tokens.staff("administrator"))
                .post("/v1/usage-archives/{month}/restorations", month.toString())
                .then();
    }

    @Override
    public String toString() {
        return month.toString();
    }
}
