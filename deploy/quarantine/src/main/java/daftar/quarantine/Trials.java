package daftar.quarantine;

import daftar.kit.access.Caller;
import daftar.kit.inbox.Effect;
import daftar.kit.inbox.Inbox;
import daftar.kit.position.Writes;
import daftar.kit.problem.Problem;
import io.quarkus.arc.All;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Trials of dead letters, and who made them.
 *
 * <p>A trial runs the stored record through its topic's {@link Effect} in this process, not through the
 * topic, whose other consumers have had it. The effect de-duplicates as ever, so a trial may be repeated,
 * also after a crash between the effect and the row that tells of it. A letter that will never count is discarded: that is a
 * row among its trials, by which it waits no longer.
 */
@ApplicationScoped
class Trials {

    private final Map<String, Effect<?>> effects;
    private final Pool primary;
    private final Writes writes;
    private final Caller.Current caller;
    private final Clock clock;

    /** @param outcome {@code applied}, {@code discarded}, or why it had no effect */
    record Outcome(long id, String outcome) {}

    @Inject
    Trials(@All List<Effect<?>> effects, Pool primary, Writes writes, Caller.Current caller, Clock clock) {
        this.effects = effects.stream().collect(Collectors.toMap(Effect::topic, Function.identity()));
        this.primary = primary;
        this.writes = writes;
        this.caller = caller;
        this.clock = clock;
    }

    /** Refuses a topic that this service does not take. */
    void requireTaken(String topic) {
        effectOf(topic);
    }

    /**
     * Lets the records that a query finds, all of one topic, have their effect, in its order, then tells what came of it.
     *
     * @param reason why the caller tries them
     */
    Uni<List<Outcome>> redrive(String query, Tuple which, String reason) {
        return primary.preparedQuery(query).execute(which).chain(rows -> redrive(rows, reason));
    }

    /** Says of the letters that a statement finds that they will never count; it takes who says so, why and when. */
    Uni<List<Outcome>> discard(String statement, Tuple which, String reason) {
        which.addString(caller.get().userId().toString());
        which.addString(reason);
        which.addOffsetDateTime(clock.instant().atOffset(ZoneOffset.UTC));
        return writes.writeSql(connection -> connection.preparedQuery(statement).execute(which))
                .map(Trials::outcomes);
    }

    private Uni<List<Outcome>> redrive(RowSet<Row> rows, String reason) {
        // a record equals itself alone
        Map<ConsumerRecord<byte[], byte[]>, Long> ids = new LinkedHashMap<>();
        rows.forEach(row -> ids.put(StoredRecord.record(row), row.getLong("id")));
        if (ids.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        String actor = caller.get().userId().toString();
        String topic = ids.keySet().iterator().next().topic();
        return Inbox.attempt(effectOf(topic), ids.keySet(), false).chain(refused -> {
            Map<Long, String> outcomes = new TreeMap<>();
            ids.values().forEach(id -> outcomes.put(id, "applied"));
            refused.forEach(letter -> outcomes.put(ids.get(letter.record()), letter.reason()));
            Tuple told = Tuple.of(
                    outcomes.keySet().toArray(Long[]::new),
                    outcomes.values().toArray(String[]::new),
                    actor,
                    reason,
                    clock.instant().atOffset(ZoneOffset.UTC));
            return writes.writeSql(connection ->
                            connection.preparedQuery(LetterQueries.TELL).execute(told))
                    .map(Trials::outcomes);
        });
    }

    private Effect<?> effectOf(String topic) {
        if (!effects.containsKey(topic)) {
            throw Problem.UNKNOWN_REFERENCE.because("This service does not take that topic.");
        }
        return effects.get(topic);
    }

    private static List<Outcome> outcomes(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(row -> new Outcome(row.getLong("dead_letter_id"), row.getString("outcome")))
                .toList();
    }
}
