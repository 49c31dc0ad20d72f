package daftar.usage.alert;

/** How thresholds are found that balances cross, in the statement that changes the balances. */
public final class ThresholdCrossing {

    /**
     * Common table expression {@code crossed} of one named {@code moved}, which returns for each balance that the
     * statement changes its key, {@code period_start}, {@code period_end}, {@code ends_at}, and both meters' {@code
     * included_…} and {@code used_…} as they were ({@code old_…}, null for a new balance) and as they are.
     *
     * <p>A threshold counts once for a balance: what was crossed before, also by a balance that has been lower since, has
     * its row. Nobody is told of an allowance that was cut short. Rows are taken in the order of their key.
     */
    public static final String OF_MOVED = """
            crossed AS (
                INSERT INTO usage_alerts (user_id, period_end, subscription_id, meter, threshold_percent, period_start,
                                          used, included)
                SELECT m.user_id,
                       m.period_end,
                       m.subscription_id,
                       a.meter,
                       t.percent,
                       m.period_start,
                       a.used,
                       a.included
                FROM moved AS m
                CROSS JOIN LATERAL (
                    VALUES ('tokens', m.old_included_tokens, m.old_used_tokens, m.included_tokens, m.used_tokens),
                           ('speech_seconds', m.old_included_speech_seconds, m.old_used_speech_seconds,
                            m.included_speech_seconds, m.used_speech_seconds)
                ) AS a (meter, old_included, old_used, included, used)
                CROSS JOIN (VALUES (50), (80), (100)) AS t (percent)
                WHERE a.included > 0
                  AND a.used * 100 >= a.included * t.percent
                  AND (a.old_included > 0 AND a.old_used * 100 >= a.old_included * t.percent) IS NOT TRUE
                  AND m.ends_at = m.period_end
                ORDER BY 1, 2, 3, 4, 5
                ON CONFLICT (user_id, period_end, subscription_id, meter, threshold_percent) DO NOTHING
            )
            """;

    private ThresholdCrossing() {}
}
