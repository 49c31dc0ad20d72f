package daftar.kit.consent;

import daftar.kit.inbox.Effect;
import daftar.kit.inbox.EventData;
import daftar.kit.inbox.Inbox;
import io.cloudevents.CloudEvent;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.properties.IfBuildProperty;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * A service's copy of topic {@code consent-events} in its table {@code consent_states}: what each child's
 * guardian decided last, and so who the guardian is. A service has it by {@code
 * daftar.consent-states.copied=true}.
 *
 * <p>An event holds the child's whole state: the one with the highest sequence is the state, whatever
 * came before it and however often it comes. A tombstone deletes the rows and leaves nothing behind, not
 * even its sequence: only an older event that came after it would bring them back, and within a partition
 * none does.
 */
@Startup
@ApplicationScoped
@IfBuildProperty(name = "daftar.consent-states.copied", stringValue = "true")
class ConsentStates implements Effect<ConsentStates.State> {

    private static final String TYPE = "daftar.consent.state.v1";

    /** Two instances may hold the same partition for a moment: a child's events wait for each other. */
    private static final String LOCK = """
            SELECT pg_advisory_xact_lock(hashtextextended('consent_states ' || l.user_id, 0))
            FROM (SELECT e.user_id FROM unnest($1::uuid[]) AS e (user_id) ORDER BY e.user_id) AS l
            """;

    /** What is missing, too long or of the wrong type the database refuses: the record becomes a dead letter. */
    private static final String APPLY = """
            WITH event AS MATERIALIZED (
                SELECT e.user_id, e.sequence, e.states::jsonb AS states
                FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS e (user_id, sequence, states)
                WHERE NOT EXISTS (
                    SELECT FROM consent_states AS c WHERE c.user_id = e.user_id AND c.sequence >= e.sequence)
            ),
            gone AS (
                DELETE FROM consent_states AS c
                USING event AS e
                WHERE c.user_id = e.user_id
                  AND NOT e.states @> jsonb_build_array(jsonb_build_object('consent_type', c.consent_type))
            )
            INSERT INTO consent_states AS c
                (user_id, consent_type, consent_given, guardian_email_hash, decided_at, sequence)
            SELECT e.user_id, s.consent_type, s.consent_given, encode(decode(s.guardian_email_hash, 'hex'), 'hex'),
                   s.decided_at,
                   e.sequence
            FROM event AS e
            CROSS JOIN jsonb_to_recordset(e.states) AS s
                (consent_type varchar(50), consent_given boolean, guardian_email_hash text, decided_at timestamptz)
            ON CONFLICT (user_id, consent_type) DO UPDATE
            SET (consent_given, guardian_email_hash, decided_at, sequence) =
                (excluded.consent_given, excluded.guardian_email_hash, excluded.decided_at, excluded.sequence)
            """;

    /**
     * A child's state.
     *
     * @param userId as the data names the child; null in a tombstone, which only has its key
     */
    record State(@Nullable UUID userId, long sequence, String states) {}

    private final Pool primary;
    private final Inbox<State> inbox;

    @Inject
    ConsentStates(
            Pool primary,
            @Channel("consent-events-dead-letters") MutinyEmitter<byte[]> deadLetters,
            MeterRegistry meters) {
        this.primary = primary;
        this.inbox = new Inbox<>(this, primary, deadLetters, meters);
    }

    @Incoming("consent-events")
    Uni<Void> consume(ConsumerRecords<byte[], byte[]> batch) {
        return inbox.accept(batch);
    }

    @Override
    public String topic() {
        return "consent-events";
    }

    @Override
    public State read(CloudEvent event) {
        if (!TYPE.equals(event.getType())) {
            throw new Rejection("the event's type is not " + TYPE);
        }
        String sequence = String.valueOf(event.getExtension("sequence"));
        if (!sequence.matches("0*[0-9]{1,18}")) {
            throw new Rejection("the event has no sequence");
        }
        if (event.getData() == null) {
            return new State(null, Long.parseLong(sequence), "[]");
        }
        EventData data = EventData.of(event);
        return new State(data.uuid("user_id"), Long.parseLong(sequence), data.list("states"));
    }

    @Override
    public Uni<List<DeadLetter>> apply(List<Received<State>> batch) {
        List<DeadLetter> letters = new ArrayList<>();
        Map<UUID, State> newest = new HashMap<>();
        for (Received<State> received : batch) {
            State state = received.event();
            UUID key = key(received.record());
            if (key == null || (state.userId() != null && !state.userId().equals(key))) {
                letters.add(new DeadLetter(received.record(), "the key is not the user's id"));
            } else {
                newest.merge(key, state, (one, other) -> other.sequence() > one.sequence() ? other : one);
            }
        }
        if (newest.isEmpty()) {
            return Uni.createFrom().item(letters);
        }
        UUID[] users = newest.keySet().toArray(UUID[]::new);
        Tuple events = Tuple.of(
                users,
                newest.values().stream().map(State::sequence).toArray(Long[]::new),
                newest.values().stream().map(State::states).toArray(String[]::new));
        return primary.withTransaction(connection -> connection
                        .preparedQuery(LOCK)
                        .execute(Tuple.of(users))
                        .chain(() -> connection.preparedQuery(APPLY).execute(events)))
                .replaceWith(letters);
    }

    @Nullable
    private static UUID key(ConsumerRecord<byte[], byte[]> record) {
        String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
        return EventData.isUuid(key) ? UUID.fromString(key) : null;
    }
}
