package daftar.kit.outbox;

import daftar.kit.telemetry.Meters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.KafkaException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
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
@Startup // its meters are there from the beginning
@ApplicationScoped
class OutboxRelay {

    private static final Logger LOG = Logger.getLogger(OutboxRelay.class);

    private static final int LARGEST_TURN = 500;

    private static final String TURN = """
            SELECT pg_try_advisory_xact_lock(hashtextextended('outbox ' || current_schema(), 0)) AS mine
            """;

    /**
     * A statement of its own: its snapshot must be younger than the lock, or it would repeat the last turn.
     * The columns from {@link OutboxProducer#FIRST_HEADER} on are the record's headers: CloudEvents 1.0, binary mode.
     */
    private static final String OLDEST = """
            SELECT o.id,
                   o.topic,
                   o.key,
                   o.data::text AS data,
                   '1.0' AS ce_specversion,
                   o.event_id::text AS ce_id,
                   '/daftar/' || $1::text AS ce_source,
                   o.type AS ce_type,
                   to_char(o.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ce_time,
                   lpad(o.id::text, 19, '0') AS ce_sequence,
                   CASE WHEN o.data IS NOT NULL THEN 'application/json' END AS "content-type",
                   o.traceparent
            FROM outbox AS o
            ORDER BY o.id
            LIMIT %d
            """.formatted(LARGEST_TURN);

    private static final String DELETE = """
            DELETE FROM outbox
            WHERE id = ANY ($1::bigint[])
            """;

    private static final String DEPTH = """
            SELECT count(*) AS depth,
                   coalesce(extract(epoch FROM $1::timestamptz - min(o.occurred_at)), 0)::float8 AS oldest_seconds
            FROM (SELECT occurred_at FROM outbox ORDER BY id LIMIT 10000) AS o
            """;

    /** From one turn to the next: the events of some milliseconds share one. Another instance's turn is waited for as long. */
    private static final long BETWEEN_TURNS_MS = 20;

    /** From an event to its commit, mostly; what takes longer, the poll finds. */
    private static final long RECENTLY = TimeUnit.SECONDS.toNanos(5);

    private static final long LONGEST_STOP_SECONDS = 30;

    /** What the relay is doing. */
    private enum State {
        IDLE,
        SENDING,
        /** It was woken while sending: there may be more than it has seen. */
        WOKEN,
        STOPPED
    }

    private final Pool primary;
    private final OutboxProducer producer;
    private final Vertx vertx;
    private final Clock clock;
    private final String service;
    private final Counter published;
    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile long appendedAt = System.nanoTime() - RECENTLY;
    private volatile long depth;
    private volatile double oldestSeconds;

    @Inject
    OutboxRelay(
            Pool primary,
            OutboxProducer producer,
            Vertx vertx,
            Clock clock,
            MeterRegistry meters,
            @ConfigProperty(name = "daftar.service") String service) {
        this.primary = primary;
        this.producer = producer;
        this.vertx = vertx;
        this.clock = clock;
        this.service = service;
        this.published = meters.counter(Meters.OUTBOX_PUBLISHED);
        meters.gauge(Meters.OUTBOX_DEPTH, this, relay -> relay.depth);
        meters.gauge(Meters.OUTBOX_OLDEST_SECONDS, this, relay -> relay.oldestSeconds);
    }

    /** Something was appended: commits wake the relay for a while, since nobody knows which of them was its own. */
    void expect() {
        appendedAt = System.nanoTime();
    }

    void committed() {
        if (System.nanoTime() - appendedAt < RECENTLY) {
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
                .execute(Tuple.of(clock.instant().atOffset(ZoneOffset.UTC)))
                .map(rows -> rows.iterator().next())
                .invoke(row -> {
                    depth = row.getLong("depth");
                    oldestSeconds = row.getDouble("oldest_seconds");
                    if (depth > 0) {
                        wake();
                    }
                })
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    /** Waits for the turn under way, which even a silent broker cannot keep for ever; the rest is the next instance's. */
    void stop(@Observes ShutdownEvent shutdown) throws InterruptedException {
        State before = state.getAndSet(State.STOPPED);
        if (before == State.IDLE || ended.await(LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) {
            producer.close();
        }
    }

    private void wake() {
        State before = state.getAndUpdate(now -> switch (now) {
            case IDLE -> State.SENDING;
            case SENDING, WOKEN -> State.WOKEN;
            case STOPPED -> State.STOPPED;
        });
        if (before == State.IDLE) {
            VertxContext.getOrCreateDuplicatedContext(vertx).runOnContext(nothing -> takeTurns());
        }
    }

    private void takeTurns() {
        turn().subscribe().with(this::after, this::failed);
    }

    private void after(Turn turn) {
        switch (turn) {
            case FULL -> takeTurns();
            case TAKEN -> takeTurnsSoon();
            case LEFT -> failed(new KafkaException("the broker did not take every event"));
            case DONE -> rest();
        }
    }

    private void takeTurnsSoon() {
        vertx.setTimer(BETWEEN_TURNS_MS, timer -> takeTurns());
    }

    private void failed(Throwable failure) {
        LOG.warnf("events wait in the outbox: %s", failure.getClass().getSimpleName());
        state.compareAndSet(State.WOKEN, State.SENDING);
        rest();
    }

    private void rest() {
        if (!state.compareAndSet(State.SENDING, State.IDLE) && state.compareAndSet(State.WOKEN, State.SENDING)) {
            takeTurnsSoon();
        } else if (state.get() == State.STOPPED) {
            ended.countDown();
        }
    }

    /** One turn: whatever the broker has is deleted. */
    private Uni<Turn> turn() {
        if (state.get() == State.STOPPED) {
            return Uni.createFrom().item(Turn.DONE);
        }
        return primary.withTransaction(connection -> connection
                .preparedQuery(TURN)
                .execute()
                .flatMap(rows -> rows.iterator().next().getBoolean("mine")
                        ? send(connection)
                        : Uni.createFrom().item(Turn.TAKEN)));
    }

    private Uni<Turn> send(SqlConnection connection) {
        return connection.preparedQuery(OLDEST).execute(Tuple.of(service)).flatMap(rows -> {
            if (rows.size() == 0) {
                return Uni.createFrom().item(Turn.DONE);
            }
            return Uni.createFrom()
                    .item(() -> producer.publish(rows))
                    .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                    .call(sent -> connection.preparedQuery(DELETE).execute(Tuple.of(sent.toArray(Long[]::new))))
                    .invoke(sent -> published.increment(sent.size()))
                    .map(sent -> sent.size() < rows.size()
                            ? Turn.LEFT
                            : rows.size() == LARGEST_TURN ? Turn.FULL : Turn.DONE);
        });
    }

    /** What came of a turn. */
    private enum Turn {
        /** As much as fits into one: there is more. */
        FULL,
        /** Some events could not be sent. */
        LEFT,
        /** All there was. */
        DONE,
        /** Another instance's relay is at work; whether it has seen everything is not known. */
        TAKEN
    }
}
