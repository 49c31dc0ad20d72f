package daftar.acceptance;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** {@code usage.usage_reservations} as it is after some weeks: a million rows of a thousand users. */
final class HotTable {

    static final int ROWS = 1_000_000;

    private static final String USERS = """
            INSERT INTO identity.users (id, email)
            SELECT u.id, u.id || '@live.invalid'
            FROM unnest(?) AS u (id)
            """;

    private static final String BALANCES = """
            INSERT INTO usage.usage_balances (user_id, period_end, subscription_id, period_start, ends_at, plan_name,
                                              usage_limit, included_tokens, included_speech_seconds, sequence, complete)
            SELECT u.id, date_trunc('day', now()) + interval '30 days', u.id, date_trunc('day', now()),
                   date_trunc('day', now()) + interval '30 days', 'live', 'hard', 1000000000000, 0, 1, true
            FROM unnest(?) AS u (id)
            """;

    /** Closed ones of the last weeks: they hold nothing of any balance. */
    private static final String CLOSED = """
            INSERT INTO usage.usage_reservations (id, user_id, period_end, subscription_id, state, tokens,
                                                  speech_seconds, session_id, service_name, created_at, expires_at,
                                                  changed_at)
            SELECT uuidv7(),
                   u.ids[1 + n %% cardinality(u.ids)],
                   date_trunc('day', now()) + interval '30 days',
                   u.ids[1 + n %% cardinality(u.ids)],
                   'settled',
                   n %% 5000,
                   0,
                   CASE WHEN n %% 10 > 0 THEN gen_random_uuid() END,
                   'tutor',
                   now() - interval '20 days' + n * interval '1 second',
                   now() - interval '20 days' + n * interval '1 second' + interval '10 minutes',
                   now() - interval '20 days' + n * interval '1 second'
            FROM (SELECT ?::uuid[] AS ids) AS u
            CROSS JOIN generate_series(1, %d) AS n
            """.formatted(ROWS);

    private HotTable() {}

    /** Fills it, and gives the users, who have an allowance that lasts. */
    static List<UUID> fill(Connection superuser) throws SQLException {
        List<UUID> users = Stream.generate(UUID::randomUUID).limit(1000).toList();
        for (String sql : List.of(USERS, BALANCES, CLOSED)) {
            try (PreparedStatement statement = superuser.prepareStatement(sql)) {
                statement.setArray(1, superuser.createArrayOf("uuid", users.toArray()));
                statement.executeUpdate();
            }
        }
        Slices.execute(superuser, "VACUUM (ANALYZE) usage.usage_reservations");
        return users;
    }

    /** Where the rows lie: another number after the table was rewritten. */
    static String file(Connection superuser) throws SQLException {
        return Slices.query(superuser, "SELECT pg_relation_filenode('usage.usage_reservations')")
                .get(0);
    }

    /**
     * The reservations that are not what their callers were told.
     *
     * @param column where the table has what is reserved
     */
    static List<String> differences(Connection superuser, String column, Map<UUID, Integer> expected)
            throws SQLException {
        UUID[] ids = expected.keySet().toArray(new UUID[0]);
        Integer[] tokens = Stream.of(ids).map(expected::get).toArray(Integer[]::new);
        return Slices.query(
                superuser,
                """
                SELECT e.id, e.tokens, r.%1$s
                FROM unnest(?, ?) AS e (id, tokens)
                LEFT JOIN usage.usage_reservations AS r ON r.id = e.id
                WHERE r.%1$s IS DISTINCT FROM e.tokens
                """.formatted(column),
                superuser.createArrayOf("uuid", ids),
                superuser.createArrayOf("integer", tokens));
    }

    /** The balances that hold something else than their reservations do. */
    static List<String> wrongBalances(Connection superuser, String column) throws SQLException {
        return Slices.query(superuser, """
                SELECT b.user_id, b.reserved_tokens, h.tokens
                FROM usage.usage_balances AS b
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(r.%s), 0) AS tokens
                    FROM usage.usage_reservations AS r
                    WHERE r.user_id = b.user_id
                      AND r.period_end = b.period_end
                      AND r.subscription_id = b.subscription_id
                      AND r.state IN ('held', 'settling')
                ) AS h
                WHERE b.reserved_tokens <> h.tokens
                """.formatted(column));
    }
}
