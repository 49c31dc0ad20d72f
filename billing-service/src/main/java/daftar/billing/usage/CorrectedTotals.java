package daftar.billing.usage;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Adds what corrections say to the totals of the corrected events' local days, each correction once and for ever.
 *
 * <p>A correction of what was not added up here waits as a dead letter until it was. Totals below zero are refused by the
 * table, and so become dead letters too.
 */
@ApplicationScoped
class CorrectedTotals {

    /**
     * Takes one array a column; answers with the ids of corrections whose event was not added up. Keys come before
     * totals and both in their order, as in {@link UsageTotals#ADD}, so that consumers never wait in a circle. An update
     * has no order of its own: the totals are locked in theirs before it.
     */
    private static final String CORRECT = """
            WITH correction AS MATERIALIZED (
                SELECT c.id,
                       c.user_id,
                       c.usage_date,
                       c.service_name,
                       c.events,
                       c.tokens_used,
                       c.speech_seconds,
                       EXISTS (SELECT FROM usage_event_keys AS k WHERE k.id = c.id) AS known,
                       EXISTS (SELECT FROM usage_event_keys AS k WHERE k.id = c.event_id)
                           AND EXISTS (
                               SELECT
                               FROM usage_totals AS t
                               WHERE t.user_id = c.user_id
                                 AND t.usage_date = c.usage_date
                                 AND t.service_name = c.service_name) AS added_up
                FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[], $5::text[], $6::int[], $7::int[], $8::int[])
                    AS c (id, event_id, user_id, usage_date, service_name, events, tokens_used, speech_seconds)
            ),
            fresh AS (
                INSERT INTO usage_event_keys (id)
                SELECT c.id
                FROM correction AS c
                WHERE c.added_up
                ORDER BY c.id
                ON CONFLICT (id) DO NOTHING
                RETURNING id
            ),
            change AS MATERIALIZED (
                SELECT c.user_id,
                       c.usage_date,
                       c.service_name,
                       sum(c.events) AS events,
                       sum(c.tokens_used) AS tokens_used,
                       sum(c.speech_seconds) AS speech_seconds
                FROM correction AS c
                WHERE (c.id IN (SELECT f.id FROM fresh AS f)) IS TRUE
                GROUP BY c.user_id, c.usage_date, c.service_name
            ),
            held AS MATERIALIZED (
                SELECT c.user_id, c.usage_date, c.service_name, c.events, c.tokens_used, c.speech_seconds
                FROM change AS c
                JOIN usage_totals AS t
                  ON t.user_id = c.user_id
                 AND t.usage_date = c.usage_date
                 AND t.service_name = c.service_name
                ORDER BY t.user_id, t.usage_date, t.service_name
                FOR UPDATE OF t
            ),
            corrected AS (
                UPDATE usage_totals AS t
                SET events = t.events + h.events,
                    tokens_used = t.tokens_used + h.tokens_used,
                    speech_seconds = t.speech_seconds + h.speech_seconds
                FROM held AS h
                WHERE t.user_id = h.user_id
                  AND t.usage_date = h.usage_date
                  AND t.service_name = h.service_name
            )
            SELECT c.id
            FROM correction AS c
            WHERE NOT c.added_up
              AND NOT c.known
            """;

    private static final String NOT_ADDED_UP = "the corrected event has not been added up";

    private final Pool primary;
    private final ZoneId zone;

    @Inject
    CorrectedTotals(Pool primary, @ConfigProperty(name = "daftar.billing.time-zone") ZoneId zone) {
        this.primary = primary;
        this.zone = zone;
    }

    /** Applies the corrections, and gives those that had no effect. */
    Uni<List<DeadLetter>> apply(List<Received<UsageCorrected>> batch) {
        Map<UUID, UsageCorrected> firsts = new LinkedHashMap<>();
        batch.forEach(received -> firsts.putIfAbsent(received.event().correctionId(), received.event()));
        return primary.preparedQuery(CORRECT)
                .execute(columns(firsts.values()))
                .map(CorrectedTotals::ids)
                .map(refused -> deadLetters(batch, refused));
    }

    private Tuple columns(Collection<UsageCorrected> corrections) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(column(corrections, UsageCorrected::correctionId, UUID[]::new))
                .addArrayOfUUID(column(corrections, UsageCorrected::eventId, UUID[]::new))
                .addArrayOfUUID(column(corrections, UsageCorrected::userId, UUID[]::new))
                .addArrayOfLocalDate(column(
                        corrections,
                        correction -> correction.timestamp().atZone(zone).toLocalDate(),
                        LocalDate[]::new))
                .addArrayOfString(column(corrections, UsageCorrected::serviceName, String[]::new))
                .addArrayOfInteger(column(corrections, UsageCorrected::events, Integer[]::new))
                .addArrayOfInteger(column(corrections, UsageCorrected::tokensUsed, Integer[]::new))
                .addArrayOfInteger(column(corrections, UsageCorrected::speechSeconds, Integer[]::new)));
    }

    private static <T> T[] column(
            Collection<UsageCorrected> corrections, Function<UsageCorrected, T> value, IntFunction<T[]> array) {
        return corrections.stream().map(value).toArray(array);
    }

    private static Set<UUID> ids(RowSet<Row> rows) {
        Set<UUID> ids = new HashSet<>();
        rows.forEach(row -> ids.add(row.getUUID("id")));
        return ids;
    }

    private static List<DeadLetter> deadLetters(List<Received<UsageCorrected>> batch, Set<UUID> refused) {
        return batch.stream()
                .filter(received -> refused.contains(received.event().correctionId()))
                .map(received -> new DeadLetter(received.record(), NOT_ADDED_UP))
                .toList();
    }
}
