package daftar.kit.outbox;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jboss.logging.Logger;

/**
 * Sends what lies in {@code outbox}, the oldest first, and deletes what the broker has.
 *
 * <p>One relay of a slice works at a time, whichever instance it belongs to: it holds a lock for as long
 * as its transaction lives, so a relay that dies is followed by the next one at once. It reads from the
 * table's beginning each time; a cursor would pass by what commits late, and relays that skip each
 * other's rows would send a key's later event before its earlier one. Of each key at most one event is
 * on its way, and the next goes when the broker has it.
 *
 * <p>A relay that is cut off between sending and deleting leads to a repetition, possibly after later
 * events of the key. So consumers de-duplicate by the event's id, and who keeps states compares
 * {@code ce_sequence}, which grows with each event of a key.
 */
@ApplicationScoped
class OutboxRelay {

    private static final Logger LOG = Logger.getLogger(OutboxRelay.class);

    private static final int LARGEST_TURN = 500;

    private static final String TURN = """
            SELECT pg_try_advisory_xact_lock(hashtextextended('outbox ' || current_schema(), 0)) AS mine
            """;

    /** A statement of its own: its snapshot must be younger than the lock, or it would repeat the last turn. */
    private static final String OLDEST = """
            SELECT o.id, o.event_id, o.topic, o.key, o.type, o.occurred_at, o.data::text AS data, o.traceparent
            FROM outbox AS o
            ORDER BY o.id
            LIMIT %d
            """.formatted(LARGEST_TURN);

    private static final String DELETE = """
            DELETE FROM outbox
            WHERE id = ANY ($1::bigint[])
            """;

    private static final String DEPTH = """
            SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT 10000) AS o) AS depth,
                   (SELECT o.occurred_at FROM outbox AS o ORDER BY o.id LIMIT 1) AS oldest
            """;

    /** After this nothing more is begun. What is on its way ends with the producer's 10 s, before an open transaction may no longer idle (30 s). */
    private static final Duration LONGEST_TURN = Duration.ofSeconds(10);

    /** How soon it is tried again while another instance's relay is at work, at first and in the end. */
    private static final Duration SHORTEST_PATIENCE = Duration.ofMillis(25);

    private static final Duration LONGEST_PATIENCE = Duration.ofMillis(200);

    private static final String APPENDED = "daftar.outbox.appended";

    /** What the relay is doing. */
    private enum State {
        IDLE,
        SENDING,
        /** It was woken while sending: there may be more than it has seen. */
        WOKEN,
        STOPPED
    }

    private final Pool primary;
    private final MutinyEmitter<byte[]> broker;
    private final Vertx vertx;
    private final Clock clock;
    private final URI source;
    private final Counter published;
    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
    private volatile long depth;
    private volatile double oldestSeconds;

    @Inject
    OutboxRelay(
            Pool primary,
            @Channel("outbox") @OnOverflow(OnOverflow.Strategy.UNBOUNDED_BUFFER) MutinyEmitter<byte[]> broker,
            Vertx vertx,
            Clock clock,
            MeterRegistry meters,
            @ConfigProperty(name = "daftar.service") String service) {
        this.primary = primary;
        this.broker = broker;
        this.vertx = vertx;
        this.clock = clock;
        this.source = URI.create("/daftar/" + service);
        this.published = meters.counter("daftar.outbox.published");
        meters.gauge("daftar.outbox.depth", this, relay -> relay.depth);
        meters.gauge("daftar.outbox.oldest.seconds", this, relay -> relay.oldestSeconds);
    }

    /** Something was appended on this context: its commit wakes the relay. */
    void expect() {
        Context context = Vertx.currentContext();
        if (context != null && VertxContext.isDuplicatedContext(context)) {
            context.putLocal(APPENDED, true);
        }
    }

    /** Wakes the relay if this context's transaction appended, or if that cannot be known. */
    void committed() {
        Context context = Vertx.currentContext();
        boolean known = context != null && VertxContext.isDuplicatedContext(context);
        if (!known || context.removeLocal(APPENDED)) {
            wake();
        }
    }

    /** What no commit woke it for: events of an instance that died, or that a broken broker left lying. */
    @Scheduled(
            every = "${daftar.outbox.poll}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            skipExecutionIf = Scheduled.ApplicationNotRunning.class)
    Uni<Void> poll() {
        return primary.preparedQuery(DEPTH)
                .execute()
                .map(rows -> rows.iterator().next())
                .invoke(row -> {
                    depth = row.getLong("depth");
                    oldestSeconds = depth == 0
                            ? 0
                            : Duration.between(row.getOffsetDateTime("oldest").toInstant(), clock.instant())
                                            .toMillis()
                                    / 1000.0;
                    if (depth > 0) {
                        wake();
                    }
                })
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    /** Lets the turn under way finish; what it does not send the next instance's relay will. */
    void stop(@Observes ShutdownEvent shutdown) {
        state.set(State.STOPPED);
    }

    private void wake() {
        State before = state.getAndUpdate(now -> switch (now) {
            case IDLE -> State.SENDING;
            case SENDING, WOKEN -> State.WOKEN;
            case STOPPED -> State.STOPPED;
        });
        if (before == State.IDLE) {
            VertxContext.getOrCreateDuplicatedContext(vertx).runOnContext(nothing -> takeTurns(SHORTEST_PATIENCE));
        }
    }

    private void takeTurns(Duration patience) {
        turn().subscribe().with(turn -> after(turn, patience), this::failed);
    }

    private void after(Turn turn, Duration patience) {
        switch (turn) {
            case FULL -> takeTurns(SHORTEST_PATIENCE);
            case TAKEN ->
                vertx.setTimer(
                        patience.toMillis(),
                        timer -> takeTurns(
                                patience.compareTo(LONGEST_PATIENCE) < 0 ? patience.multipliedBy(2) : patience));
            case DONE -> rest();
        }
    }

    private void failed(Throwable failure) {
        LOG.warnf("events wait in the outbox: %s", failure.getClass().getSimpleName());
        state.compareAndSet(State.WOKEN, State.SENDING);
        rest();
    }

    private void rest() {
        if (!state.compareAndSet(State.SENDING, State.IDLE) && state.compareAndSet(State.WOKEN, State.SENDING)) {
            takeTurns(SHORTEST_PATIENCE);
        }
    }

    /** One turn: whatever is sent is deleted, and what could not be sent fails the turn after that. */
    private Uni<Turn> turn() {
        if (state.get() == State.STOPPED) {
            return Uni.createFrom().item(Turn.DONE);
        }
        List<Throwable> failures = new ArrayList<>();
        return primary.withTransaction(connection -> connection
                        .preparedQuery(TURN)
                        .execute()
                        .flatMap(rows -> rows.iterator().next().getBoolean("mine")
                                ? send(connection, failures)
                                : Uni.createFrom().item(Turn.TAKEN)))
                .flatMap(turn -> failures.isEmpty()
                        ? Uni.createFrom().item(turn)
                        : Uni.createFrom().failure(failures.get(0)));
    }

    private Uni<Turn> send(SqlConnection connection, List<Throwable> failures) {
        return connection.preparedQuery(OLDEST).execute().flatMap(rows -> {
            if (rows.size() == 0) {
                return Uni.createFrom().item(Turn.DONE);
            }
            Queue<Long> sent = new ConcurrentLinkedQueue<>();
            Instant deadline = clock.instant().plus(LONGEST_TURN);
            List<Uni<Void>> keys = byKey(rows).stream()
                    .map(events -> inOrder(events, deadline, sent)
                            .onFailure()
                            .invoke(failures::add)
                            .onFailure()
                            .recoverWithNull())
                    .toList();
            return Uni.join()
                    .all(keys)
                    .andFailFast()
                    .chain(() -> connection.preparedQuery(DELETE).execute(Tuple.of(sent.toArray(Long[]::new))))
                    .invoke(deleted -> published.increment(deleted.rowCount()))
                    .replaceWith(rows.size() == LARGEST_TURN ? Turn.FULL : Turn.DONE);
        });
    }

    private static Collection<List<Row>> byKey(RowSet<Row> rows) {
        Map<String, List<Row>> keys = new LinkedHashMap<>();
        rows.forEach(row -> keys.computeIfAbsent(
                        row.getString("topic") + " " + row.getString("key"), key -> new ArrayList<>())
                .add(row));
        return keys.values();
    }

    /** One after the other, up to the first that cannot be sent: none may overtake another of its key. */
    private Uni<Void> inOrder(List<Row> events, Instant deadline, Queue<Long> sent) {
        return Multi.createFrom()
                .iterable(events)
                .select()
                .first(event -> clock.instant().isBefore(deadline))
                .onItem()
                .transformToUniAndConcatenate(event ->
                        broker.sendMessage(Outbox.message(event, source)).invoke(() -> sent.add(event.getLong("id"))))
                .collect()
                .last();
    }

    /** What came of a turn. */
    private enum Turn {
        /** As much as fits into one: there is more. */
        FULL,
        /** All there was. */
        DONE,
        /** Another instance's relay is at work; whether it has seen everything is not known. */
        TAKEN
    }
}
