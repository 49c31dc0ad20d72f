package daftar.usage.ingest;

import io.vertx.mutiny.sqlclient.Tuple;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/** The one statement that a batch of events is written with. */
final class UsageInsert {

    /**
     * Takes one array a column; answers with the ids whose user does not exist.
     *
     * <p>{@code (id IN (...)) IS TRUE} is no decoration: as an expression it stays a lookup, where a bare
     * {@code IN} may become a join whose method depends on a guess of the arrays' length.
     */
    static final String SQL = """
            WITH event AS MATERIALIZED (
                SELECT e.id,
                       e.user_id,
                       e.session_id,
                       e.service_name,
                       e.tokens_used,
                       e.speech_seconds,
                       e."timestamp",
                       e.cost_usd::numeric(10, 6) AS cost_usd,
                       e.metadata::jsonb AS metadata,
                       EXISTS (SELECT FROM identity.users AS u WHERE u.id = e.user_id) AS user_known
                FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::timestamp[],
                            $8::text[], $9::text[])
                    AS e (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd,
                          metadata)
            ),
            fresh AS (
                INSERT INTO usage_event_keys (id)
                SELECT e.id
                FROM event AS e
                WHERE e.user_known
                ORDER BY e.id
                ON CONFLICT (id) DO NOTHING
                RETURNING id
            ),
            written AS (
                INSERT INTO usage_logs (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp",
                                        cost_usd, metadata)
                SELECT e.id,
                       e.user_id,
                       e.session_id,
                       e.service_name,
                       e.tokens_used,
                       e.speech_seconds,
                       e."timestamp",
                       e.cost_usd,
                       e.metadata
                FROM event AS e
                WHERE (e.id IN (SELECT f.id FROM fresh AS f)) IS TRUE
            )
            SELECT e.id
            FROM event AS e
            WHERE NOT e.user_known
            """;

    private UsageInsert() {}

    static Tuple columns(Collection<UsageRecorded> events) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(column(events, UsageRecorded::id, UUID[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::userId, UUID[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::sessionId, UUID[]::new))
                .addArrayOfString(column(events, UsageRecorded::serviceName, String[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::tokensUsed, Integer[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::speechSeconds, Integer[]::new))
                .addArrayOfLocalDateTime(column(events, UsageInsert::utc, LocalDateTime[]::new))
                .addArrayOfString(column(events, event -> event.costUsd().toPlainString(), String[]::new))
                .addArrayOfString(column(events, UsageRecorded::metadata, String[]::new)));
    }

    /** The column is a timestamp without zone that holds UTC. */
    private static LocalDateTime utc(UsageRecorded event) {
        return LocalDateTime.ofInstant(event.timestamp(), ZoneOffset.UTC);
    }

    private static <T> T[] column(
            Collection<UsageRecorded> events, Function<UsageRecorded, T> value, IntFunction<T[]> array) {
        return events.stream().map(value).toArray(array);
    }
}
