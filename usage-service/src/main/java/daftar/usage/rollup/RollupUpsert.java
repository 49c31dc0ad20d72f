package daftar.usage.rollup;

/** How rows of {@code usage_logs} are added to {@code usage_rollups}, in the statement that writes them. */
public final class RollupUpsert {

    /**
     * Common table expressions {@code minutes}, {@code hours} and {@code days} of one named {@code written}, which has
     * the columns {@code user_id}, {@code service_name}, {@code tokens_used}, {@code speech_seconds}, {@code timestamp}
     * and {@code cost_usd}. Each level is added up from the one below.
     */
    private static final String LEVELS = levels("count(*)");

    /** The same of changes, each of which says in {@code events} what it adds to the number of events. */
    static final String LEVELS_OF_CHANGES = levels("sum(w.events)");

    private static final String EACH_LEVEL = """
            SELECT m.user_id, m.bucket_minutes, m.bucket_start, m.service_name, m.events, m.tokens_used, m.speech_seconds,
                   m.cost_usd
            FROM (TABLE minutes UNION ALL TABLE hours UNION ALL TABLE days) AS m""";

    private static String levels(String events) {
        return """
            minutes AS MATERIALIZED (
                SELECT 1 AS bucket_minutes,
                       w.user_id,
                       w.service_name,
                       date_trunc('minute', w."timestamp") AS bucket_start,
                       %s AS events,
                       sum(w.tokens_used) AS tokens_used,
                       sum(w.speech_seconds) AS speech_seconds,
                       sum(w.cost_usd) AS cost_usd
                FROM written AS w
                GROUP BY 2, 3, 4
            ),
            hours AS MATERIALIZED (
                SELECT 60 AS bucket_minutes,
                       m.user_id,
                       m.service_name,
                       date_trunc('hour', m.bucket_start) AS bucket_start,
                       sum(m.events) AS events,
                       sum(m.tokens_used) AS tokens_used,
                       sum(m.speech_seconds) AS speech_seconds,
                       sum(m.cost_usd) AS cost_usd
                FROM minutes AS m
                GROUP BY 2, 3, 4
            ),
            days AS (
                SELECT 1440 AS bucket_minutes,
                       h.user_id,
                       h.service_name,
                       date_trunc('day', h.bucket_start) AS bucket_start,
                       sum(h.events) AS events,
                       sum(h.tokens_used) AS tokens_used,
                       sum(h.speech_seconds) AS speech_seconds,
                       sum(h.cost_usd) AS cost_usd
                FROM hours AS h
                GROUP BY 2, 3, 4
            ),
            """.formatted(events);
    }

    /** The target of an insert whose rows are added to those that are there. */
    static final String TARGET = """
            INSERT INTO usage_rollups AS r (user_id, bucket_minutes, bucket_start, service_name, events, tokens_used,
                                            speech_seconds, cost_usd)
            """;

    /** The end of that insert. */
    static final String ADDING = """
            ON CONFLICT (user_id, bucket_minutes, bucket_start, service_name) DO UPDATE
            SET events = r.events + excluded.events,
                tokens_used = r.tokens_used + excluded.tokens_used,
                speech_seconds = r.speech_seconds + excluded.speech_seconds,
                cost_usd = r.cost_usd + excluded.cost_usd
            """;

    /**
     * {@link #LEVELS}, and the last one adds them to the roll-ups. Rows are taken in the order of their key, so that two
     * statements with the same users wait for each other and never in a circle.
     */
    public static final String OF_WRITTEN = LEVELS + rolledUp(EACH_LEVEL);

    /** {@link #OF_WRITTEN} for corrections: {@code written} has a column {@code events} too, and amounts may be negative. */
    public static final String OF_CORRECTIONS = LEVELS_OF_CHANGES + rolledUp(EACH_LEVEL);

    private static String rolledUp(String buckets) {
        return "rolled_up AS (\n" + TARGET + """
            SELECT b.user_id,
                   b.bucket_minutes,
                   b.bucket_start,
                   b.service_name,
                   b.events,
                   b.tokens_used,
                   b.speech_seconds,
                   b.cost_usd
            FROM (%s) AS b
            ORDER BY b.user_id, b.bucket_minutes, b.bucket_start, b.service_name
            """.formatted(buckets) + ADDING + ")\n";
    }

    /**
     * Adds what {@link RollupSums} has added up, in the same order. Takes its columns as the parameters 14 to 21, and
     * begins when {@code keyed} has counted the {@code keys} of its events: all statements lock keys and roll-ups in this
     * order. It has {@code minutes} too.
     */
    public static final String OF_SUMS = """
            sums AS MATERIALIZED (
                SELECT unnest($14::uuid[]) AS user_id,
                       unnest($15::smallint[]) AS bucket_minutes,
                       unnest($16::timestamp[]) AS bucket_start,
                       unnest($17::text[]) AS service_name,
                       unnest($18::bigint[]) AS events,
                       unnest($19::bigint[]) AS tokens_used,
                       unnest($20::bigint[]) AS speech_seconds,
                       unnest($21::text[])::numeric AS cost_usd
                WHERE (SELECT keys FROM keyed) > 0
            ),
            minutes AS (
                SELECT s.user_id, s.bucket_start, s.tokens_used, s.speech_seconds
                FROM sums AS s
                WHERE s.bucket_minutes = 1
            ),
            """ + rolledUp("TABLE sums");

    private RollupUpsert() {}
}
