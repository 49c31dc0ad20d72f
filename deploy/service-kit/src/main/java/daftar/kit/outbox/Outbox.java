package daftar.kit.outbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import daftar.kit.telemetry.Traces;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Publishes facts to Kafka in the transaction that makes them: the fact and its event are committed
 * together or not at all, and {@link OutboxRelay} sends the event once it is committed, at least once, in
 * commit order for each topic and key.
 *
 * <p>Append once in a transaction, as its last statement. Appending takes a lock for each topic and key
 * that is held until the end of the transaction: ids are then drawn in commit order for each key, which a
 * sequence by itself does not promise.
 */
@ApplicationScoped
public class Outbox {

    /**
     * A fact to publish.
     *
     * @param id the event's, by which consumers tell repetitions
     * @param key the user's id; events of one key arrive in the order of their commits
     * @param type {@code daftar.<service>.<fact>.v1}
     * @param occurredAt when it became a fact
     * @param data written as the event's JSON; null makes a tombstone, which ends the key on a compacted topic
     */
    public record Event(
            UUID id,
            String topic,
            UUID key,
            String type,
            Instant occurredAt,
            @Nullable Object data) {

        /** With an id of its own. */
        public Event(String topic, UUID key, String type, Instant occurredAt, @Nullable Object data) {
            this(UUID.randomUUID(), topic, key, type, occurredAt, data);
        }
    }

    /**
     * All locks are taken, in one order for everybody, before the first id is drawn: the aggregate of the
     * materialized CTE must be complete before the join can give a row. Casts are written out since
     * Hibernate takes a colon for a parameter.
     */
    private static final String APPEND = """
            WITH event AS MATERIALIZED (
                SELECT e.event_id, e.topic, e.key, e.type, e.occurred_at, e.data, e.traceparent, e.ordinal
                FROM ROWS FROM (jsonb_to_recordset(CAST(CAST(%s AS text) AS jsonb)) AS (
                        event_id uuid, topic text, key text, type text, occurred_at timestamptz, data jsonb,
                        traceparent text))
                    WITH ORDINALITY AS e (event_id, topic, key, type, occurred_at, data, traceparent, ordinal)
            ),
            locked AS MATERIALIZED (
                SELECT pg_advisory_xact_lock(hashtextextended(l.topic || ' ' || l.key, 0))
                FROM (SELECT DISTINCT event.topic, event.key FROM event ORDER BY event.topic, event.key) AS l
            )
            INSERT INTO outbox (event_id, topic, key, type, occurred_at, data, traceparent)
            SELECT e.event_id, e.topic, e.key, e.type, e.occurred_at, e.data, e.traceparent
            FROM (SELECT count(*) AS locks FROM locked) AS all_locked
            CROSS JOIN event AS e
            WHERE all_locked.locks > 0
            ORDER BY e.ordinal
            """;

    private final ObjectMapper json;
    private final OutboxRelay relay;

    @Inject
    Outbox(ObjectMapper json, OutboxRelay relay) {
        this.json = json;
        this.relay = relay;
    }

    /** Appends the events, in their order, to the connection's transaction. */
    public Uni<Void> append(SqlConnection connection, List<Event> events) {
        if (events.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return connection
                .preparedQuery(APPEND.formatted("$1"))
                .execute(Tuple.of(rows(events)))
                .invoke(relay::expect)
                .replaceWithVoid();
    }

    /** Appends the events, in their order, to the session's transaction. */
    public Uni<Void> append(Mutiny.Session session, List<Event> events) {
        if (events.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return session.createNativeQuery(APPEND.formatted("?1"))
                .setParameter(1, rows(events))
                .executeUpdate()
                .invoke(relay::expect)
                .replaceWithVoid();
    }

    /** To be called after the commit of a transaction that may have appended: its events are sent at once. */
    public void committed() {
        relay.committed();
    }

    private String rows(List<Event> events) {
        ArrayNode rows = json.createArrayNode();
        for (Event event : events) {
            ObjectNode row = rows.addObject();
            row.put("event_id", event.id().toString());
            row.put("topic", event.topic());
            row.put("key", event.key().toString());
            row.put("type", event.type());
            row.put("occurred_at", event.occurredAt().toString());
            row.put("traceparent", Traces.traceparent());
            if (event.data() != null) {
                row.set("data", json.valueToTree(event.data()));
            }
        }
        try {
            return json.writeValueAsString(rows);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the event's data cannot be written as JSON", e);
        }
    }
}
