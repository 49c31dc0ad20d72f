package daftar.usage.quota;

import daftar.usage.alert.ThresholdCrossing;

/** How usage that is counted moves the balances, in the statement that counts it. */
public final class BalanceUpdate {

    /**
     * The end of a common table expression {@code moved} that updates {@code usage_balances AS b}: what {@link
     * ThresholdCrossing#OF_MOVED} reads.
     */
    static final String RETURNING_MOVED = """
                RETURNING new.user_id,
                          new.period_end,
                          new.subscription_id,
                          new.period_start,
                          new.ends_at,
                          old.included_tokens AS old_included_tokens,
                          old.included_speech_seconds AS old_included_speech_seconds,
                          old.used_tokens AS old_used_tokens,
                          old.used_speech_seconds AS old_used_speech_seconds,
                          new.included_tokens,
                          new.included_speech_seconds,
                          new.used_tokens,
                          new.used_speech_seconds
            """;

    /**
     * Common table expressions that update {@code usage_balances} by those named in the format's argument, which has a
     * balance's key and what is added to each of its four sums. The balances' rows are locked before any is changed, in
     * the order of their key, so that two statements with the same users wait for each other and never in a circle.
     */
    static final String OF_CHANGE = """
            locked AS MATERIALIZED (
                SELECT b.user_id
                FROM (
                    SELECT c.user_id, c.period_end, c.subscription_id
                    FROM %1$s AS c
                    ORDER BY 1, 2, 3
                ) AS c
                CROSS JOIN LATERAL (
                    SELECT u.user_id
                    FROM usage_balances AS u
                    WHERE u.user_id = c.user_id
                      AND u.period_end = c.period_end
                      AND u.subscription_id = c.subscription_id
                    FOR UPDATE OF u
                ) AS b
            ),
            moved AS (
                UPDATE usage_balances AS b
                SET used_tokens = b.used_tokens + c.used_tokens,
                    used_speech_seconds = b.used_speech_seconds + c.used_speech_seconds,
                    reserved_tokens = b.reserved_tokens + c.reserved_tokens,
                    reserved_speech_seconds = b.reserved_speech_seconds + c.reserved_speech_seconds,
                    complete = %2$s
                FROM %1$s AS c
                WHERE b.user_id = c.user_id
                  AND b.period_end = c.period_end
                  AND b.subscription_id = c.subscription_id
                  AND (SELECT count(*) FROM locked) > 0
            """ + RETURNING_MOVED + "),\n" + ThresholdCrossing.OF_MOVED;

    /**
     * Common table expressions that add {@code minutes}, as {@link daftar.usage.rollup.RollupUpsert#OF_WRITTEN} has them,
     * to the balances of their times, and take what {@code settled} reservations held from theirs. The balances of a
     * batch are looked up one by one: as a join the method would depend on a guess of the arrays' length.
     */
    public static final String OF_MINUTES_AND_SETTLED = """
            counted AS MATERIALIZED (
                SELECT a.user_id,
                       a.period_end,
                       a.subscription_id,
                       sum(a.used_tokens) AS used_tokens,
                       sum(a.used_speech_seconds) AS used_speech_seconds,
                       sum(a.reserved_tokens) AS reserved_tokens,
                       sum(a.reserved_speech_seconds) AS reserved_speech_seconds
                FROM (
                    SELECT b.user_id,
                           b.period_end,
                           b.subscription_id,
                           m.tokens_used AS used_tokens,
                           m.speech_seconds AS used_speech_seconds,
                           0 AS reserved_tokens,
                           0 AS reserved_speech_seconds
                    FROM minutes AS m
                    CROSS JOIN LATERAL (
                        SELECT u.user_id, u.period_end, u.subscription_id
                        FROM usage_balances AS u
                        WHERE u.user_id = m.user_id
                          AND u.period_end > m.bucket_start AT TIME ZONE 'UTC'
                          AND u.period_start <= m.bucket_start AT TIME ZONE 'UTC'
                        OFFSET 0
                    ) AS b
                    UNION ALL
                    SELECT s.user_id, s.period_end, s.subscription_id, 0, 0, -s.tokens, -s.speech_seconds
                    FROM settled AS s
                    WHERE s.state IN ('held', 'settling')
                ) AS a
                GROUP BY a.user_id, a.period_end, a.subscription_id
            ),
            """ + OF_CHANGE.formatted("counted", "b.complete");

    private BalanceUpdate() {}
}
