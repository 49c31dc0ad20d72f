package daftar.quarantine;

/** What is asked of {@code dead_letters} and told to {@code dead_letter_redrives}. */
final class LetterQueries {

    /** A letter waits until a trial has applied it, or somebody has discarded it. */
    private static final String WAITS = """
            NOT EXISTS (
                  SELECT FROM dead_letter_redrives AS t
                  WHERE t.dead_letter_id = d.id AND t.outcome IN ('applied', 'discarded'))
            """;

    static final String LIST = """
            SELECT d.id, d.topic, d.partition, d."offset", d.reason, d.recorded_at, r.outcome, r.redriven_at
            FROM dead_letters AS d
            LEFT JOIN LATERAL (
                SELECT t.outcome, t.redriven_at FROM dead_letter_redrives AS t
                WHERE t.dead_letter_id = d.id ORDER BY t.id DESC LIMIT 1
            ) AS r ON true
            WHERE d.id < $1
              AND ($3::text IS NULL OR d.topic = $3)
              AND starts_with(d.reason, $4)
              AND ($5::timestamptz IS NULL OR d.recorded_at >= $5)
              AND ($6::timestamptz IS NULL OR d.recorded_at < $6)
              AND ($7::boolean IS NULL OR $7 =
            """ + WAITS + """
            )
            ORDER BY d.id DESC
            LIMIT $2
            """;

    static final String COUNTS = """
            SELECT c.topic,
                   c.reason,
                   count(*) AS letters,
                   count(*) FILTER (WHERE c.waits) AS waiting,
                   min(c.recorded_at) AS first_recorded_at,
                   max(c.recorded_at) AS last_recorded_at
            FROM (
                SELECT d.topic, d.reason, d.recorded_at,
            """ + WAITS + """
                  AS waits
                FROM dead_letters AS d
            ) AS c
            GROUP BY c.topic, c.reason
            ORDER BY waiting DESC, letters DESC, c.topic, c.reason
            LIMIT 1000
            """;

    static final String DEPTH =
            "SELECT count(*) AS depth FROM (SELECT FROM dead_letters AS d WHERE " + WAITS + " LIMIT 10000) AS w";

    private static final String RECORDS = """
            SELECT d.id, d.topic, d.partition, d."offset", d.key, d.value, d.headers
            FROM dead_letters AS d
            """;

    static final String ONE = RECORDS + "WHERE d.id = $1";

    private static final String OF_CAUSE = """
            WHERE d.topic = $1
              AND starts_with(d.reason, $2)
              AND d.id > $3
              AND
            """ + WAITS + """
            ORDER BY d.id
            LIMIT $4
            """;

    static final String WAITING_RECORDS = RECORDS + OF_CAUSE;

    static final String TELL = """
            INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
            SELECT r.dead_letter_id, $3, $4, r.outcome, $5
            FROM unnest($1::bigint[], $2::text[]) AS r (dead_letter_id, outcome)
            RETURNING dead_letter_id, outcome
            """;

    static final String DISCARD_WAITING = """
            INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
            SELECT l.id, $5, $6, 'discarded', $7
            FROM (SELECT d.id FROM dead_letters AS d
            """ + OF_CAUSE + """
            ) AS l
            RETURNING dead_letter_id, outcome
            """;

    static final String DISCARD_ONE = """
            WITH letter AS (
                SELECT d.id,
                       (SELECT min(t.outcome) FROM dead_letter_redrives AS t
                        WHERE t.dead_letter_id = d.id AND t.outcome IN ('applied', 'discarded')) AS outcome
                FROM dead_letters AS d
                WHERE d.id = $1
            ),
            told AS (
                INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
                SELECT l.id, $2, $3, 'discarded', $4
                FROM letter AS l
                WHERE l.outcome IS NULL
            )
            SELECT l.id AS dead_letter_id, coalesce(l.outcome, 'discarded') AS outcome
            FROM letter AS l
            """;

    private LetterQueries() {}
}
