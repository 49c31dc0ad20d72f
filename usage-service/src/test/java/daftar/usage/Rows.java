package daftar.usage;

import daftar.testkit.Stack;
import daftar.usage.rollup.RollupUpsert;
import java.util.UUID;

/** Rows of usage as an event leaves them, without the event. */
public final class Rows {

    private static final String INSERT = """
            WITH written AS (
                INSERT INTO usage_logs (user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp",
                                        cost_usd, metadata)
                VALUES (?, ?, ?, ?, 2, ?::timestamptz AT TIME ZONE 'UTC', 0.00025, '{"model":"a"}')
                RETURNING user_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd
            ),
            """ + RollupUpsert.OF_WRITTEN + "SELECT count(*) FROM written";

    private final Stack stack;

    public Rows(Stack stack) {
        this.stack = stack;
    }

    /** One row and what it adds to the roll-ups. */
    public void used(UUID user, String service, int tokens, String time) {
        stack.query("usage_owner", "SELECT ensure_usage_logs_partition(?::timestamptz::date) AS made", time);
        stack.query("usage_owner", INSERT, user, user, service, tokens, time);
    }

    /** What the primary has reached: an answer that must hold the rows that were written there asks for it. */
    public String position() {
        return "1-"
                + stack.query("usage_owner", "SELECT pg_current_wal_lsn()::text AS lsn")
                        .get(0)
                        .get("lsn");
    }
}
