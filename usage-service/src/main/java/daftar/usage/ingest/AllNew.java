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
     *
     * <p>{@code unnest} in the select list reads its arrays as it goes; in {@code FROM} each would be copied to a table of
     * its own first. Rows that are returned are copied too, so only the keys are: what locks rows of others begins when they
     * are there.
     */
    static final String STATEMENT =
            "WITH " + SessionOrder.turn(22) + """
            inserted AS (
                INSERT INTO usage_event_keys (id, digest)
                SELECT unnest($1::uuid[]), unnest($10::uuid[])
                WHERE (SELECT count(*) FROM turn) > 0
                RETURNING 1
            ),
            keyed AS MATERIALIZED (
                SELECT count(*) AS keys FROM inserted
            ),
            """ + RollupUpsert.OF_SUMS + "," + ReservationSettlement.OF_NONE
                    + BalanceUpdate.OF_MINUTES_AND_SETTLED + """
            INSERT INTO usage_logs (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp",
                                    cost_usd, metadata, model, input_tokens, output_tokens)
            SELECT unnest($1::uuid[]),
                   unnest($2::uuid[]),
                   unnest($3::uuid[]),
                   unnest($4::text[]),
                   unnest($5::int[]),
                   unnest($6::int[]),
                   unnest($7::timestamp[]),
                   unnest($8::text[])::numeric(10, 6),
                   unnest($9::text[])::jsonb,
                   unnest($11::text[]),
                   unnest($12::int[]),
                   unnest($13::int[])
            WHERE (SELECT keys FROM keyed) > 0
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
