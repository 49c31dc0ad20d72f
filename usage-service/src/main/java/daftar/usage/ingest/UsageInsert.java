package daftar.usage.ingest;

import daftar.usage.quota.BalanceUpdate;
import daftar.usage.reservation.ReservationSettlement;
import daftar.usage.rollup.RollupUpsert;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * The one statement that a batch of events is written with: their keys, their rows, what these add to the roll-ups, the
 * reservations that they settle and what all that makes of the balances. This form of it finds out which events are new;
 * {@link AllNew} is the one for batches in which every event is, as nearly all are.
 */
final class UsageInsert {

    /**
     * Takes one array a column, and {@link SessionOrder}; answers with the events that were not written, and whether their
     * users exist: where they do, an event with the id has counted, and {@link #DIGESTS} has its digest. To ask for that
     * here, row by row, would be quadratic by a plan that was made while the table was empty.
     *
     * <p>{@code (id IN (...)) IS TRUE} is no decoration: as an expression it stays a lookup, where a bare
     * {@code IN} may become a join whose method depends on a guess of the arrays' length.
     */
    static final String SOME_NEW = statement("", 15);

    /**
     * The same, and what of reported costs is not what the price book makes of them, in three more arrays. A statement of
     * its own, since most batches have nothing of the kind.
     */
    static final String SOME_NEW_WITH_DRIFTS = statement("""
            , drifted AS (
                INSERT INTO usage_price_drifts (event_id, user_id, reported_cost_usd, computed_cost_usd, price_ids)
                SELECT e.id, e.user_id, e.cost_usd, d.computed_cost_usd::numeric(20, 6), d.price_ids::uuid[]
                FROM unnest($15::uuid[], $16::text[], $17::text[]) AS d (id, computed_cost_usd, price_ids)
                JOIN event AS e ON e.id = d.id
                WHERE (d.id IN (SELECT f.id FROM fresh AS f)) IS TRUE
            )
            """, 18);

    private static String statement(String drifted, int batch) {
        return "WITH " + SessionOrder.turn(batch) + """
            event AS MATERIALIZED (
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
                       e.model,
                       e.input_tokens,
                       e.output_tokens,
                       e.reservation_id,
                       EXISTS (SELECT FROM identity.users AS u WHERE u.id = e.user_id) AS user_known
                FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::timestamp[],
                            $8::text[], $9::text[], $10::uuid[], $11::text[], $12::int[], $13::int[], $14::uuid[])
                    AS e (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd,
                          metadata, digest, model, input_tokens, output_tokens, reservation_id)
                WHERE (SELECT count(*) FROM turn) > 0
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
                                        cost_usd, metadata, model, input_tokens, output_tokens)
                SELECT e.id,
                       e.user_id,
                       e.session_id,
                       e.service_name,
                       e.tokens_used,
                       e.speech_seconds,
                       e."timestamp",
                       e.cost_usd,
                       e.metadata,
                       e.model,
                       e.input_tokens,
                       e.output_tokens
                FROM event AS e
                WHERE (e.id IN (SELECT f.id FROM fresh AS f)) IS TRUE
                RETURNING id, user_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd
            ),
            """ + RollupUpsert.OF_WRITTEN + drifted + ","
                + ReservationSettlement.OF_FRESH
                + BalanceUpdate.OF_MINUTES_AND_SETTLED + """
            SELECT e.id, e.user_known
            FROM event AS e
            WHERE (e.id IN (SELECT f.id FROM fresh AS f)) IS NOT TRUE
            """;
    }

    /** The digests of events that have counted. */
    static final String DIGESTS = """
            SELECT k.id, k.digest
            FROM usage_event_keys AS k
            WHERE k.id = ANY ($1::uuid[])
            """;

    private UsageInsert() {}

    /** Events in the order of their ids, which is that of their keys in every statement: nobody waits in a circle. */
    static List<UsageRecorded> inOrder(Collection<UsageRecorded> events) {
        List<UsageRecorded> inOrder = new ArrayList<>(events);
        inOrder.sort(Comparator.comparing(UsageRecorded::id, UsageInsert::compareAsInTheDatabase));
        return inOrder;
    }

    /** PostgreSQL's order of UUIDs is that of their bytes; Java's compares two signed numbers. */
    private static int compareAsInTheDatabase(UUID one, UUID other) {
        int high = Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
        return high != 0 ? high : Long.compareUnsigned(one.getLeastSignificantBits(), other.getLeastSignificantBits());
    }

    /**
     * What {@link #SOME_NEW} takes of a batch, or {@link #SOME_NEW_WITH_DRIFTS} where there are any.
     *
     * @param columns as {@link #columns} has them
     */
    static Tuple ofSomeNew(Tuple columns, List<UsageRecorded> events, Costs costs) {
        Tuple all = copy(columns).addArrayOfUUID(column(events, UsageRecorded::reservationId, UUID[]::new));
        if (!costs.drifts().isEmpty()) {
            all.addArrayOfUUID(column(costs.drifts(), Costs.Drift::id, UUID[]::new))
                    .addArrayOfString(column(costs.drifts(), Costs.Drift::computedCostUsd, String[]::new))
                    .addArrayOfString(column(costs.drifts(), Costs.Drift::priceIds, String[]::new));
        }
        return all;
    }

    /** One of the same arrays. */
    static Tuple copy(Tuple columns) {
        Tuple copy = Tuple.tuple();
        for (int i = 0; i < columns.size(); i++) {
            copy.addValue(columns.getValue(i));
        }
        return copy;
    }

    /** What all statements take of a batch: one array a column. */
    static Tuple columns(List<UsageRecorded> events, Costs costs) {
        return Tuple.tuple()
                .addArrayOfUUID(column(events, UsageRecorded::id, UUID[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::userId, UUID[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::sessionId, UUID[]::new))
                .addArrayOfString(column(events, UsageRecorded::serviceName, String[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::tokensUsed, Integer[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::speechSeconds, Integer[]::new))
                .addArrayOfLocalDateTime(column(events, UsageInsert::utc, LocalDateTime[]::new))
                .addArrayOfString(column(costs.costUsd(), BigDecimal::toPlainString, String[]::new))
                .addArrayOfString(column(events, UsageRecorded::metadata, String[]::new))
                .addArrayOfUUID(column(events, UsageRecorded::digest, UUID[]::new))
                .addArrayOfString(column(events, UsageRecorded::model, String[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::inputTokens, Integer[]::new))
                .addArrayOfInteger(column(events, UsageRecorded::outputTokens, Integer[]::new));
    }

    /** The column is a timestamp without zone that holds UTC. */
    private static LocalDateTime utc(UsageRecorded event) {
        return LocalDateTime.ofInstant(event.timestamp(), ZoneOffset.UTC);
    }

    private static <E, T> T[] column(List<E> events, Function<E, T> value, IntFunction<T[]> array) {
        T[] column = array.apply(events.size());
        int row = 0;
        for (E event : events) {
            column[row++] = value.apply(event);
        }
        return column;
    }
}
