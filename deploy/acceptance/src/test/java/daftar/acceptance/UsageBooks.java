package daftar.acceptance;

import static io.restassured.RestAssured.given;

import daftar.acceptance.UsageOracle.Amount;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** What the system has written down of usage, in the form of {@link UsageOracle}: from the primary and from usage's API. */
final class UsageBooks {

    private static final String NO_AMOUNTS = "1, 0, 0, 0";

    private final LocalSystem system;

    /** A period's balance as it is kept. */
    record Balance(UUID user, Instant from, Instant to, Amount used, long reserved) {}

    UsageBooks(LocalSystem system) {
        this.system = system;
    }

    SortedMap<String, Amount> rows() throws SQLException {
        return book("usage", """
                SELECT concat_ws(' ', id, user_id, service_name, to_char("timestamp", 'YYYY-MM-DD"T"HH24:MI:SS.US')),
                       1, tokens_used, speech_seconds, cost_usd
                FROM usage.usage_logs""");
    }

    SortedMap<String, Amount> rollups() throws SQLException {
        return book("usage", """
                SELECT concat_ws(' ', user_id, service_name, bucket_minutes, to_char(bucket_start, 'YYYY-MM-DD"T"HH24:MI')),
                       events, tokens_used, speech_seconds, cost_usd
                FROM usage.usage_rollups""");
    }

    /** The ids that a slice, usage or billing, counts no more. */
    SortedMap<String, Amount> keys(String slice) throws SQLException {
        return book(slice, "SELECT id::text, " + NO_AMOUNTS + " FROM " + slice + ".usage_event_keys");
    }

    SortedMap<String, Amount> totals() throws SQLException {
        return book("billing", """
                SELECT concat_ws(' ', user_id, service_name, usage_date),
                       events, tokens_used, speech_seconds, cost_usd
                FROM billing.usage_totals""");
    }

    /** A slice's dead letters: place in the topic, and the reason's first word. */
    SortedMap<String, Amount> deadLetters(String slice) throws SQLException {
        return book(
                slice,
                "SELECT concat_ws(' ', topic, partition, \"offset\", split_part(reason, ':', 1)), " + NO_AMOUNTS
                        + " FROM " + slice + ".dead_letters");
    }

    List<Balance> balances() throws SQLException {
        List<Balance> balances = new java.util.ArrayList<>();
        try (Connection connection = system.connect("usage_owner", false);
                PreparedStatement statement = connection.prepareStatement("""
                        SELECT user_id,
                               extract(epoch FROM period_start)::bigint,
                               extract(epoch FROM period_end)::bigint,
                               used_tokens,
                               used_speech_seconds,
                               reserved_tokens + reserved_speech_seconds
                        FROM usage.usage_balances""");
                ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                balances.add(new Balance(
                        result.getObject(1, UUID.class),
                        Instant.ofEpochSecond(result.getLong(2)),
                        Instant.ofEpochSecond(result.getLong(3)),
                        new Amount(0, result.getLong(4), result.getLong(5), BigDecimal.ZERO),
                        result.getLong(6)));
            }
        }
        return balances;
    }

    /** What usage's API tells a reader with this token of all these users, by month of UTC. */
    SortedMap<String, Amount> months(List<UUID> users, String token) {
        SortedMap<String, Amount> months = new TreeMap<>();
        Instant now = Instant.now();
        for (UUID user : users) {
            List<Map<String, Object>> buckets = given().auth()
                    .oauth2(token)
                    .queryParam("bucket", "month")
                    .queryParam("from", now.minus(Duration.ofDays(400)).toString())
                    .queryParam("to", now.plus(Duration.ofDays(1)).toString())
                    .get(system.api("usage") + "/v1/users/" + user + "/usage")
                    .then()
                    .statusCode(200)
                    .extract()
                    .path("buckets");
            for (Map<String, Object> bucket : buckets) {
                String month = bucket.get("bucket_start").toString().substring(0, 7);
                months.put(
                        user + " " + bucket.get("service_name") + " " + month,
                        new Amount(
                                number(bucket.get("events")),
                                number(bucket.get("tokens_used")),
                                number(bucket.get("speech_seconds")),
                                new BigDecimal(bucket.get("cost_usd").toString())));
            }
        }
        return months;
    }

    private static long number(Object value) {
        return ((Number) value).longValue();
    }

    private SortedMap<String, Amount> book(String slice, String sql) throws SQLException {
        SortedMap<String, Amount> book = new TreeMap<>();
        try (Connection connection = system.connect(slice + "_owner", false);
                PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                Amount amount =
                        new Amount(result.getLong(2), result.getLong(3), result.getLong(4), result.getBigDecimal(5));
                if (book.put(result.getString(1), amount) != null) {
                    throw new IllegalStateException("twice: " + result.getString(1));
                }
            }
        }
        return book;
    }
}
