package daftar.usage.correction;

import daftar.usage.quota.BalanceUpdate;
import daftar.usage.reservation.ReservationSettlement;
import daftar.usage.rollup.RollupUpsert;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/** The one statement that corrections are judged and written with, and what they change in the roll-ups and balances. */
final class CorrectionInsert {

    /**
     * Lets one at a time judge an event. A statement of its own, before the other: that one's snapshot then holds what
     * whoever was waited for has written. Taken in one order, so that nobody waits in a circle.
     */
    static final String LOCK = """
            SELECT pg_advisory_xact_lock(hashtextextended('usage.correction ' || e.event_id, 0))::text AS locked
            FROM (SELECT DISTINCT w.event_id FROM unnest($1::uuid[]) AS w (event_id) ORDER BY w.event_id) AS e
            """;

    /**
     * Takes one array a column, an event at most once; answers with the outcome of each and what it changed. Amounts are
     * null for a void that takes away whatever counts. The event's row is looked up by its key in every partition, hence
     * the lateral: a join might read all of them.
     */
    static final String SQL = """
            WITH wanted AS MATERIALIZED (
                SELECT w.id,
                       w.event_id,
                       w.user_id,
                       w.kind,
                       w.tokens_used,
                       w.speech_seconds,
                       w.cost_usd::numeric(10, 6) AS cost_usd,
                       w.actor,
                       w.reason,
                       w.recorded_at
                FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::text[], $8::text[],
                            $9::text[], $10::timestamptz[])
                    AS w (id, event_id, user_id, kind, tokens_used, speech_seconds, cost_usd, actor, reason, recorded_at)
            ),
            standing AS MATERIALIZED (
                SELECT w.id,
                       l.user_id,
                       l.service_name,
                       l."timestamp",
                       coalesce(l.tokens_used, 0) + coalesce(c.tokens_used, 0) AS tokens_used,
                       coalesce(l.speech_seconds, 0) + coalesce(c.speech_seconds, 0) AS speech_seconds,
                       coalesce(l.cost_usd, 0) + coalesce(c.cost_usd, 0) AS cost_usd,
                       coalesce(c.voided, false) AS voided
                FROM wanted AS w
                CROSS JOIN LATERAL (
                    SELECT u.user_id, u.service_name, u."timestamp", u.tokens_used, u.speech_seconds, u.cost_usd
                    FROM usage_logs AS u
                    WHERE u.id = w.event_id
                    LIMIT 1
                ) AS l
                CROSS JOIN LATERAL (
                    SELECT sum(k.tokens_used) AS tokens_used,
                           sum(k.speech_seconds) AS speech_seconds,
                           sum(k.cost_usd) AS cost_usd,
                           bool_or(k.kind = 'void') AS voided
                    FROM usage_corrections AS k
                    WHERE k.event_id = w.event_id
                ) AS c
            ),
            judged AS MATERIALIZED (
                SELECT w.id,
                       w.event_id,
                       w.user_id,
                       w.kind,
                       c.service_name,
                       c."timestamp",
                       CASE w.kind WHEN 'void' THEN -1 ELSE 0 END AS events,
                       CASE w.kind WHEN 'void' THEN -c.tokens_used ELSE w.tokens_used END AS tokens_used,
                       CASE w.kind WHEN 'void' THEN -c.speech_seconds ELSE w.speech_seconds END AS speech_seconds,
                       CASE w.kind WHEN 'void' THEN -c.cost_usd ELSE w.cost_usd END AS cost_usd,
                       w.actor,
                       w.reason,
                       w.recorded_at,
                       CASE
                           WHEN EXISTS (SELECT FROM usage_corrections AS k WHERE k.id = w.id) THEN 'duplicate'
                           WHEN c.id IS NULL AND EXISTS (SELECT FROM usage_event_keys AS k WHERE k.id = w.event_id)
                               THEN 'archived'
                           WHEN c.id IS NULL THEN 'unknown_event'
                           WHEN c.user_id IS DISTINCT FROM w.user_id THEN 'of_another_user'
                           WHEN c.voided THEN 'voided_before'
                           WHEN w.kind = 'void'
                                AND (w.tokens_used, w.speech_seconds, w.cost_usd)
                                    <> (-c.tokens_used, -c.speech_seconds, -c.cost_usd)
                               THEN 'misfit'
                           WHEN w.kind = 'adjust'
                                AND NOT (c.tokens_used + w.tokens_used BETWEEN 0 AND 2147483647
                                         AND c.speech_seconds + w.speech_seconds BETWEEN 0 AND 2147483647
                                         AND c.cost_usd + w.cost_usd BETWEEN 0 AND 9999.999999)
                               THEN 'out_of_range'
                           ELSE 'applied'
                       END AS outcome
                FROM wanted AS w
                LEFT JOIN standing AS c ON c.id = w.id
            ),
            written AS (
                INSERT INTO usage_corrections (id, event_id, user_id, kind, service_name, "timestamp", events, tokens_used,
                                               speech_seconds, cost_usd, actor, reason, recorded_at)
                SELECT j.id,
                       j.event_id,
                       j.user_id,
                       j.kind,
                       j.service_name,
                       j."timestamp",
                       j.events,
                       j.tokens_used,
                       j.speech_seconds,
                       j.cost_usd,
                       j.actor,
                       j.reason,
                       j.recorded_at
                FROM judged AS j
                WHERE j.outcome = 'applied'
                RETURNING user_id, service_name, events, tokens_used, speech_seconds, "timestamp", cost_usd
            ),
            """ + RollupUpsert.OF_CORRECTIONS + "," + ReservationSettlement.OF_NONE
            + BalanceUpdate.OF_MINUTES_AND_SETTLED + """
            SELECT j.id,
                   j.outcome,
                   j.event_id,
                   j.kind,
                   j.service_name,
                   j."timestamp",
                   j.events,
                   j.tokens_used::bigint AS tokens_used,
                   j.speech_seconds::bigint AS speech_seconds,
                   j.cost_usd::numeric(10, 6)::text AS cost_usd,
                   j.actor,
                   j.reason,
                   j.recorded_at
            FROM judged AS j
            """;

    private CorrectionInsert() {}

    /**
     * A correction that has yet to be judged.
     *
     * @param tokensUsed null, as the other amounts, for a void of whatever counts
     */
    record Wanted(
            UUID id,
            UUID eventId,
            UUID userId,
            Kind kind,
            @Nullable Integer tokensUsed,
            @Nullable Integer speechSeconds,
            @Nullable String costUsd,
            String actor,
            String reason,
            Instant recordedAt) {}

    static Tuple events(Collection<Wanted> corrections) {
        return Tuple.newInstance(
                io.vertx.sqlclient.Tuple.tuple().addArrayOfUUID(column(corrections, Wanted::eventId, UUID[]::new)));
    }

    static Tuple columns(List<Wanted> corrections) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(column(corrections, Wanted::id, UUID[]::new))
                .addArrayOfUUID(column(corrections, Wanted::eventId, UUID[]::new))
                .addArrayOfUUID(column(corrections, Wanted::userId, UUID[]::new))
                .addArrayOfString(column(corrections, wanted -> wanted.kind().wireName(), String[]::new))
                .addArrayOfInteger(column(corrections, Wanted::tokensUsed, Integer[]::new))
                .addArrayOfInteger(column(corrections, Wanted::speechSeconds, Integer[]::new))
                .addArrayOfString(column(corrections, Wanted::costUsd, String[]::new))
                .addArrayOfString(column(corrections, Wanted::actor, String[]::new))
                .addArrayOfString(column(corrections, Wanted::reason, String[]::new))
                .addArrayOfOffsetDateTime(column(
                        corrections, wanted -> wanted.recordedAt().atOffset(ZoneOffset.UTC), OffsetDateTime[]::new)));
    }

    private static <T> T[] column(Collection<Wanted> corrections, Function<Wanted, T> value, IntFunction<T[]> array) {
        return corrections.stream().map(value).toArray(array);
    }
}
