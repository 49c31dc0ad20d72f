package daftar.usage.ingest;

import daftar.usage.quota.BalanceUpdate;
import daftar.usage.reservation.ReservationSettlement;
import daftar.usage.rollup.RollupSums;
import daftar.usage.rollup.RollupUpsert;
import io.vertx.sqlclient.Tuple;
import java.util.List;

/**
 * A batch in which every event is new, as the one statement takes it that it is written with. It spares the database a third
 * of what {@link UsageInsert} costs: no look-up before each key, no rows handed on, nothing to add up.
 */
final class AllNew {

    /**
     * Takes one array a column, in the order of the ids, {@link RollupSums} and {@link SessionOrder}; no event may settle a
     * reservation. Fails, and changes nothing, when one of the events has counted before (23505) or one of the users is
     * unknown (23503), or when it is not the batch's turn.
     */
    static final String STATEMENT =
            "WITH " + SessionOrder.turn(22) + """
            keyed AS (
                INSERT INTO usage_event_keys (id, digest)
                SELECT e.id, e.digest
                FROM unnest($1::uuid[], $10::uuid[]) AS e (id, digest)
                WHERE (SELECT count(*) FROM turn) > 0
                RETURNING 1
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
                       e.cost_usd::numeric(10, 6),
                       e.metadata::jsonb,
                       e.model,
                       e.input_tokens,
                       e.output_tokens
                FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::timestamp[],
                            $8::text[], $9::text[], $11::text[], $12::int[], $13::int[])
                    AS e (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd,
                          metadata, model, input_tokens, output_tokens)
                WHERE (SELECT count(*) FROM keyed) > 0
                RETURNING 1
            ),
            """ + RollupUpsert.OF_SUMS + "," + ReservationSettlement.OF_NONE
                    + BalanceUpdate.OF_MINUTES_AND_SETTLED + """
            SELECT count(*) AS written FROM written
            """;

    private AllNew() {}

    /**
     * What {@link #STATEMENT} takes of a batch.
     *
     * @param columns as {@link UsageInsert#columns} has them
     */
    static Tuple columns(Tuple columns, List<UsageRecorded> events, Costs costs) {
        RollupSums sums = new RollupSums();
        for (int i = 0; i < events.size(); i++) {
            UsageRecorded event = events.get(i);
            sums.add(
                    event.userId(),
                    event.serviceName(),
                    event.timestamp(),
                    event.tokensUsed(),
                    event.speechSeconds(),
                    costs.costUsd().get(i));
        }
        Tuple all = UsageInsert.copy(columns);
        sums.addColumns(all);
        return all;
    }
}
