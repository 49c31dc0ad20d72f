package daftar.usage.reservation;

/** How reservations end whose usage is counted, in the statement that counts it. */
public final class ReservationSettlement {

    /**
     * Common table expressions {@code settleable} and {@code settled} of the events {@code fresh}, whose {@code
     * reservation_id} and {@code user_id} are in {@code event}. {@code settled} has the reservation's balance, and the
     * state and the amounts as they were. A reservation ends with the first event that names it; the rest is usage like
     * any other, as is what names no reservation of its user.
     *
     * <p>Reservations are locked in the order of their ids, before any balance: whoever needs both takes them so.
     */
    public static final String OF_FRESH = """
            settleable AS MATERIALIZED (
                SELECT r.id
                FROM (
                    SELECT DISTINCT e.reservation_id, e.user_id
                    FROM event AS e
                    WHERE e.reservation_id IS NOT NULL
                      AND (e.id IN (SELECT f.id FROM fresh AS f)) IS TRUE
                    ORDER BY e.reservation_id, e.user_id
                ) AS e
                CROSS JOIN LATERAL (
                    SELECT h.id
                    FROM usage_reservations AS h
                    WHERE h.id = e.reservation_id
                      AND h.user_id = e.user_id
                      AND h.state <> 'settled'
                    FOR UPDATE OF h
                ) AS r
            ),
            settled AS (
                UPDATE usage_reservations AS r
                SET state = 'settled',
                    changed_at = now()
                FROM settleable AS s
                WHERE r.id = s.id
                RETURNING new.user_id,
                          new.period_end,
                          new.subscription_id,
                          old.state,
                          old.tokens,
                          old.speech_seconds
            ),
            """;

    /** {@code settled} for events that name no reservation. */
    public static final String OF_NONE = """
            settled AS (
                SELECT r.user_id, r.period_end, r.subscription_id, r.state, r.tokens, r.speech_seconds
                FROM usage_reservations AS r
                WHERE false
            ),
            """;

    private ReservationSettlement() {}
}
