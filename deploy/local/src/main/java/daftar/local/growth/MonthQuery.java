package daftar.local.growth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/** Questions about April 2026, as usage-service asks the roll-ups, and one as it would have to ask the rows. */
enum MonthQuery {
    /** By day of Cairo, where one day has 23 hours: from the roll-ups of hours. */
    CAIRO_BY_DAY("bucket=day&time_zone=Africa/Cairo&from=2026-03-31T22:00:00Z&to=2026-04-30T21:00:00Z", """
            SELECT date_trunc('day', r.bucket_start AT TIME ZONE 'UTC', 'Africa/Cairo'), r.service_name, sum(r.events),
                   sum(r.tokens_used), sum(r.speech_seconds), sum(r.cost_usd)
            FROM unnest('{60}'::smallint[], '{2026-03-31 22:00}'::timestamp[], '{2026-04-30 21:00}'::timestamp[])
                AS run (bucket_minutes, "from", "to")
            JOIN usage.usage_rollups AS r
              ON r.user_id = ?
             AND r.bucket_minutes = run.bucket_minutes
             AND r.bucket_start >= run."from"
             AND r.bucket_start < run."to"
            GROUP BY 1, 2
            ORDER BY 1, 2"""),

    /** The month as one bucket of UTC: from the roll-ups of days. */
    UTC_MONTH("bucket=month&time_zone=UTC&from=2026-04-01T00:00:00Z&to=2026-05-01T00:00:00Z", """
            SELECT date_trunc('month', r.bucket_start AT TIME ZONE 'UTC', 'UTC'), r.service_name, sum(r.events),
                   sum(r.tokens_used), sum(r.speech_seconds), sum(r.cost_usd)
            FROM unnest('{1440}'::smallint[], '{2026-04-01}'::timestamp[], '{2026-05-01}'::timestamp[])
                AS run (bucket_minutes, "from", "to")
            JOIN usage.usage_rollups AS r
              ON r.user_id = ?
             AND r.bucket_minutes = run.bucket_minutes
             AND r.bucket_start >= run."from"
             AND r.bucket_start < run."to"
            GROUP BY 1, 2
            ORDER BY 1, 2"""),

    /** What the same would cost without roll-ups; nobody asks so. */
    FROM_THE_ROWS("", """
            SELECT l.service_name, count(*), sum(l.tokens_used), sum(l.speech_seconds), sum(l.cost_usd)
            FROM usage.usage_logs AS l
            WHERE l.user_id = ? AND l."timestamp" >= '2026-04-01' AND l."timestamp" < '2026-05-01'
            GROUP BY 1""");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String parameters;
    private final String sql;

    MonthQuery(String parameters, String sql) {
        this.parameters = parameters;
        this.sql = sql;
    }

    /** How the service's REST interface is asked for it; empty where it is not. */
    String parameters() {
        return parameters;
    }

    /**
     * What one execution cost the server.
     *
     * @param millis of planning and execution
     * @param buffers of 8 KiB that were looked at, in memory or not
     */
    record Cost(double millis, long buffers) {}

    /** The median of some executions. */
    Cost cost(Connection database, UUID user, int executions) throws SQLException {
        List<Cost> costs = new ArrayList<>();
        try (PreparedStatement statement =
                database.prepareStatement("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + sql)) {
            statement.setObject(1, user);
            for (int i = 0; i < executions; i++) {
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    costs.add(cost(JSON.readTree(row.getString(1)).path(0)));
                } catch (IOException e) {
                    throw new IllegalStateException("PostgreSQL explains in JSON", e);
                }
            }
        }
        costs.sort(Comparator.comparingDouble(Cost::millis));
        return costs.get(costs.size() / 2);
    }

    private static Cost cost(JsonNode explained) {
        JsonNode plan = explained.path("Plan");
        return new Cost(
                explained.path("Planning Time").asDouble()
                        + explained.path("Execution Time").asDouble(),
                plan.path("Shared Hit Blocks").asLong()
                        + plan.path("Shared Read Blocks").asLong());
    }
}
