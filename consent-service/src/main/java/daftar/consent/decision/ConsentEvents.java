package daftar.consent.decision;

import daftar.kit.outbox.Outbox;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;

/**
 * What the other services hear of consents on the compacted topic {@code consent-events}: with every
 * decision a child's whole state, so that the newest record of a child is all that a reader needs.
 */
final class ConsentEvents {

    static final String TOPIC = "consent-events";
    static final String STATE = "daftar.consent.state.v1";

    private static final String STATES = """
            SELECT c.consent_type, c.consent_given, c.guardian_email_hash, c.decided_at
            FROM consent_states AS c
            WHERE c.user_id = $1
            ORDER BY c.consent_type
            """;

    private ConsentEvents() {}

    /** The state of each consent type that was ever decided about. */
    record ConsentState(UUID userId, List<State> states) {}

    /**
     * The state of one consent type.
     *
     * @param guardianEmailHash SHA-256, hexadecimal, of the address in lower case: it lets a service know
     *     the guardian again who shows a verified address, and write to nobody
     */
    record State(String consentType, boolean consentGiven, String guardianEmailHash, Instant decidedAt) {}

    /** The child's state as this transaction sees it; the caller holds the child's lock. */
    static Uni<Outbox.Event> state(SqlConnection connection, UUID userId, Instant now) {
        return connection.preparedQuery(STATES).execute(Tuple.of(userId)).map(rows -> {
            List<State> states = StreamSupport.stream(rows.spliterator(), false)
                    .map(ConsentEvents::state)
                    .toList();
            return new Outbox.Event(TOPIC, userId, STATE, now, new ConsentState(userId, states));
        });
    }

    private static State state(Row row) {
        return new State(
                row.getString("consent_type"),
                row.getBoolean("consent_given"),
                row.getString("guardian_email_hash"),
                row.getOffsetDateTime("decided_at").toInstant());
    }
}
