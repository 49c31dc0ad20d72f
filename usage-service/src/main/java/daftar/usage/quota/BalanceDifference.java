package daftar.usage.quota;

/**
 * What balances lack of the roll-ups and of the reservations, seen in one snapshot.
 *
 * <p>Usage, its roll-ups, its balance and the reservations that it settles are committed together, so a snapshot shows
 * all of them or none, and the difference is nobody's work in progress. It is added, not written over: what others add
 * meanwhile stays. Two of these at the same time would both add it, so each is preceded, in a statement of its own, by
 * {@link #LOCK}.
 */
final class BalanceDifference {

    static final String LOCK =
            "SELECT pg_advisory_xact_lock(hashtextextended('usage.balance_difference', 0))::text AS locked";

    /**
     * Common table expression {@code difference} of those {@code chosen}, which has the columns of {@code usage_balances}.
     * A period is read from the days of UTC that lie wholly in it, and the minutes before and after them.
     */
    static final String OF_CHOSEN = """
            edges AS (
                SELECT b.user_id,
                       b.period_end,
                       b.subscription_id,
                       b.used_tokens,
                       b.used_speech_seconds,
                       b.reserved_tokens,
                       b.reserved_speech_seconds,
                       p.first_minute,
                       p.last_minute,
                       date_trunc('day', p.first_minute + interval '1 day - 1 minute') AS first_day,
                       date_trunc('day', p.last_minute) AS last_day
                FROM chosen AS b
                CROSS JOIN LATERAL (
                    SELECT b.period_start AT TIME ZONE 'UTC' AS first_minute, b.period_end AT TIME ZONE 'UTC' AS last_minute
                ) AS p
            ),
            difference AS MATERIALIZED (
                SELECT b.user_id,
                       b.period_end,
                       b.subscription_id,
                       u.tokens_used - b.used_tokens AS used_tokens,
                       u.speech_seconds - b.used_speech_seconds AS used_speech_seconds,
                       h.tokens - b.reserved_tokens AS reserved_tokens,
                       h.speech_seconds - b.reserved_speech_seconds AS reserved_speech_seconds
                FROM edges AS b
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(r.tokens_used), 0) AS tokens_used,
                           coalesce(sum(r.speech_seconds), 0) AS speech_seconds
                    FROM (
                        VALUES (1440, b.first_day, b.last_day),
                               (1, b.first_minute, least(b.first_day, b.last_minute)),
                               (1, greatest(b.first_day, b.last_day), b.last_minute)
                    ) AS run (bucket_minutes, "from", "to")
                    JOIN usage_rollups AS r
                      ON r.user_id = b.user_id
                     AND r.bucket_minutes = run.bucket_minutes
                     AND r.bucket_start >= run."from"
                     AND r.bucket_start < run."to"
                ) AS u
                CROSS JOIN LATERAL (
                    SELECT coalesce(sum(r.tokens), 0) AS tokens, coalesce(sum(r.speech_seconds), 0) AS speech_seconds
                    FROM usage_reservations AS r
                    WHERE r.user_id = b.user_id
                      AND r.period_end = b.period_end
                      AND r.subscription_id = b.subscription_id
                      AND r.state IN ('held', 'settling')
                ) AS h
            ),
            """;

    private BalanceDifference() {}
}
