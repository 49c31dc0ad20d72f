package daftar.usage.ingest;

import daftar.usage.quota.BalanceUpdate;
import daftar.usage.reservation.ReservationSettlement;
import daftar.usage.rollup.RollupUpsert;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * The one statement that a batch of events is written with: their keys, their rows, what these add to the roll-ups, the
 * reservations that they settle and what all that makes of the balances.
 */
final class UsageInsert {

    /**
     * Takes one array a column; answers with the events that were not written: whether the user exists, and the
     * digest of the event that has the id already, as far as it was there when the statement began.
     *
     * <p>{@code (id IN (...)) IS TRUE} is no decoration: as an expression it stays a lookup, where a bare
     * {@code IN} may become a join whose method depends on a guess of the arrays' length. The same goes for the
     * digest, which would be a join in {@code FROM}.
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
                       e.digest,
                       e.reservation_id,
                       EXISTS (SELECT FROM identity.users AS u WHERE u.id = e.user_id) AS user_known
                FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::timestamp[],
                            $8::text[], $9::text[], $10::uuid[], $11::uuid[])
                    AS e (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd,
                          metadata, digest, reservation_id)
            ),
            fresh AS (
                INSERT INTO usage_event_keys (id, digest)
                SELECT e.id, e.digest
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
                RETURNING id, user_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd
            ),
            """ + RollupUpsert.OF_WRITTEN + "," + ReservationSettlement.OF_FRESH
            + BalanceUpdate.OF_MINUTES_AND_SETTLED + """
            SELECT e.id,
                   e.user_known,
                   (SELECT k.digest FROM usage_event_keys AS k WHERE k.id = e.id) AS digest
            FROM event AS e
            WHERE (e.id IN (SELECT f.id FROM fresh AS f)) IS NOT TRUE
            """;

    /** The digests of events that have counted. */
    static final String DIGESTS = """
            SELECT k.id, k.digest
            FROM usage_event_keys AS k
            WHERE k.id = ANY ($1::uuid[])
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
                .addArrayOfString(column(events, UsageRecorded::metadata, String[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::digest, UUID[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::reservationId, UUID[]::new)));
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
