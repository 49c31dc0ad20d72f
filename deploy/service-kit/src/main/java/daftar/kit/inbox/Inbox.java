package daftar.kit.inbox;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Prepared;
import daftar.kit.inbox.Effect.Received;
import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.problem.DatabaseFailure;
import daftar.kit.request.Correlation;
import daftar.kit.telemetry.Meters;
import daftar.kit.telemetry.Traces;
import io.cloudevents.CloudEvent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * Consumes a topic in batches, with effects exactly once.
 *
 * <p>A batch is complete, and its offsets may be committed, when every record of it has had its effect
 * or lies among the dead letters. A crash before that repeats the batch, and the effect's own
 * de-duplication makes the repetition nothing. Nothing that a record holds can stop the stream: what
 * cannot be read becomes a dead letter, and when the database refuses a batch, halves of it are tried
 * until the record at fault is found. While the database is away the batch waits, and readiness says so.
 *
 * <p>A batch is read and made ready by a thread of its own. What comes by {@link #acceptAhead} is read, and where its effect
 * knows how to, begun while the batch before has its effect, so that service and database work at the same time; effects
 * follow each other all the same.
 */
public final class Inbox<E> {

    private static final Logger LOG = Logger.getLogger(Inbox.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(100);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    /** Longer than a connection may be waited for (30 s) and a statement may run (60 s) together. */
    private static final Duration LONGEST_ATTEMPT = Duration.ofMinutes(2);

    /** Longer than most batches take; a group may rebalance for minutes. */
    private static final long LAST_BATCH_SECONDS = 20;

    /** Of each partition, where the batch that was taken last ends; completes with that batch. */
    private static final Map<TopicPartition, CompletableFuture<OffsetAndMetadata>> LAST = new ConcurrentHashMap<>();

    private final Effect<E> effect;
    private final DeadLetters deadLetters;
    private final Counter taken;
    private final Counter dead;

    /** Of the batch that was taken last. */
    private volatile Turn last = Turn.OVER;

    /**
     * A batch's place behind the one before.
     *
     * @param begun completes with the batch when it has been asked to begin ahead; with null when it holds no event
     * @param done completes with its effect
     */
    private record Turn(CompletableFuture<Prepared> begun, CompletableFuture<Void> done) {

        static final Turn OVER =
                new Turn(CompletableFuture.completedFuture(null), CompletableFuture.completedFuture(null));

        Turn() {
            this(new CompletableFuture<>(), new CompletableFuture<>());
        }

        void fail(Throwable defect) {
            begun.completeExceptionally(defect);
            done.completeExceptionally(defect);
        }
    }

    /**
     * Makes the inbox of one topic.
     *
     * @param pool the service's pool to the primary; its schema has the table {@code dead_letters}
     * @param deadLetterTopic the channel of the dead-letter topic
     */
    public Inbox(Effect<E> effect, Pool pool, MutinyEmitter<byte[]> deadLetterTopic, MeterRegistry meters) {
        this.effect = effect;
        this.deadLetters = new DeadLetters(pool, deadLetterTopic);
        this.taken = meters.counter(Meters.INBOX_RECORDS);
        this.dead = meters.counter(Meters.INBOX_DEAD_LETTERS);
    }

    /** Takes a batch; completes when all of it is done, however long the database is away. */
    public Uni<Void> accept(ConsumerRecords<byte[], byte[]> records) {
        return accept(records, new Turn(), Turn.OVER);
    }

    /**
     * Takes a batch, and acknowledges it when all of it is done. Completes when the batch before is done, so that the next
     * one comes while this one has its effect. Called for one batch after the other. A failure, which is a defect, is that
     * of all later batches.
     */
    public Uni<Void> acceptAhead(Message<ConsumerRecords<byte[], byte[]>> message) {
        Turn before = last;
        Turn turn = new Turn();
        last = turn;
        accept(message.getPayload(), turn, before)
                .chain(() -> Uni.createFrom().completionStage(message.ack()))
                .subscribe()
                .with(done -> turn.done.complete(null), turn::fail);
        return Uni.createFrom().completionStage(before.done);
    }

    private Uni<Void> accept(ConsumerRecords<byte[], byte[]> records, Turn turn, Turn before) {
        return Traces.consuming(records, () -> take(records, turn, before));
    }

    private Uni<Void> take(ConsumerRecords<byte[], byte[]> records, Turn turn, Turn before) {
        ConsumerRecord<byte[], byte[]> first = records.iterator().next();
        MDC.put(Correlation.FIELD, first.topic() + "-" + first.partition() + "-" + first.offset());
        CompletableFuture<Void> done = new CompletableFuture<>();
        for (TopicPartition partition : records.partitions()) {
            long end = records.records(partition)
                    .get(records.records(partition).size() - 1)
                    .offset();
            LAST.put(partition, done.thenApply(effective -> new OffsetAndMetadata(end + 1)));
        }
        Context context = Vertx.currentContext();
        return ready(records, context)
                .call(() -> Uni.createFrom().completionStage(before.begun))
                .map(ready -> ready.ahead(turn, before))
                .call(() -> Uni.createFrom().completionStage(before.done))
                // by the batch before's context else, with its correlation id
                .emitOn(work -> run(context, work))
                .chain(this::outcome)
                .chain(this::keep)
                .invoke(() -> done.complete(null))
                .invoke(() -> taken.increment(records.count()));
    }

    /** Off the event loop, which thousands of events would hold up for too long. */
    private Uni<Ready<E>> ready(ConsumerRecords<byte[], byte[]> records, @Nullable Context context) {
        return context == null
                ? Uni.createFrom().item(() -> ready(records))
                : Uni.createFrom()
                        .completionStage(() -> context.executeBlocking(() -> ready(records), false)
                                .toCompletionStage());
    }

    private Ready<E> ready(ConsumerRecords<byte[], byte[]> records) {
        Reading<E> reading = read(effect, records);
        try {
            return new Ready<>(reading, effect.prepare(reading.events), null);
        } catch (RuntimeException atFault) {
            // some record is, and is found where the batch is applied
            return new Ready<>(reading, () -> effect.apply(reading.events), null);
        }
    }

    /**
     * A batch that was read and made ready.
     *
     * @param outcome of the batch begun ahead; null if it cannot be
     */
    private record Ready<E>(
            Reading<E> reading, Prepared prepared, @Nullable CompletableFuture<List<DeadLetter>> outcome) {

        /** This batch, begun ahead if it can be. */
        Ready<E> ahead(Turn turn, Turn before) {
            boolean over = before.done.isDone();
            Prepared underWay = over ? null : before.begun.join();
            Optional<Uni<List<DeadLetter>>> ahead = reading.events.isEmpty() || (!over && underWay == null)
                    ? Optional.empty()
                    : prepared.ahead(underWay);
            Ready<E> begun = new Ready<>(
                    reading,
                    prepared,
                    ahead.map(Uni::subscribeAsCompletionStage).orElse(null));
            turn.begun.complete(reading.events.isEmpty() ? null : prepared);
            return begun;
        }
    }

    private Uni<List<DeadLetter>> outcome(Ready<E> ready) {
        Uni<List<DeadLetter>> fromTheBeginning = apply(effect, ready.reading, ready.prepared::begin, true);
        return ready.outcome == null
                ? fromTheBeginning
                : answered(Uni.createFrom().completionStage(ready.outcome))
                        .map(ready.reading::with)
                        .onFailure()
                        .recoverWithUni(fromTheBeginning);
    }

    private static void run(@Nullable Context context, Runnable work) {
        if (context == null) {
            work.run();
        } else {
            context.runOnContext(nothing -> work.run());
        }
    }

    /**
     * Lets the records have their effect, and gives those that had none.
     *
     * @param patient whether to wait for a database that is away; the failure is the caller's if not
     */
    public static <E> Uni<List<DeadLetter>> attempt(
            Effect<E> effect, Iterable<ConsumerRecord<byte[], byte[]>> records, boolean patient) {
        Reading<E> reading = read(effect, records);
        return apply(effect, reading, () -> effect.apply(reading.events), patient);
    }

    /** Records as far as they could be read. */
    private record Reading<E>(List<Received<E>> events, List<DeadLetter> letters) {

        List<DeadLetter> with(List<DeadLetter> impossible) {
            return Stream.concat(letters.stream(), impossible.stream()).toList();
        }
    }

    private static <E> Reading<E> read(Effect<E> effect, Iterable<ConsumerRecord<byte[], byte[]>> records) {
        Reading<E> reading = new Reading<>(new ArrayList<>(), new ArrayList<>());
        for (ConsumerRecord<byte[], byte[]> record : records) {
            try {
                reading.events.add(new Received<>(record, read(effect, record)));
            } catch (Rejection rejection) {
                reading.letters.add(new DeadLetter(record, rejection.getMessage()));
            }
        }
        return reading;
    }

    private static <E> Uni<List<DeadLetter>> apply(
            Effect<E> effect, Reading<E> reading, Supplier<Uni<List<DeadLetter>>> begin, boolean patient) {
        return apply(effect, reading.events, begin, patient).map(reading::with);
    }

    /**
     * Reads a record's event. Whatever goes wrong in reading is the record's fault: nothing that it holds may stop the
     * stream.
     *
     * @throws Rejection when the event can have no effect
     */
    public static <E> E read(Effect<E> effect, ConsumerRecord<byte[], byte[]> record) {
        CloudEvent event;
        try {
            event = EventData.read(record);
        } catch (RuntimeException unreadable) {
            // the reader and its formats have many exceptions, and no type in common
            throw new Rejection("the record is no CloudEvents 1.0 message");
        }
        try {
            return effect.read(event);
        } catch (Rejection rejection) {
            throw rejection;
        } catch (RuntimeException unexpected) {
            LOG.error("an event was not expected to be like this", unexpected);
            throw new Rejection(
                    "the event cannot be read: " + unexpected.getClass().getSimpleName());
        }
    }

    private static <E> Uni<List<DeadLetter>> apply(Effect<E> effect, List<Received<E>> batch, boolean patient) {
        return apply(effect, batch, () -> effect.apply(batch), patient);
    }

    private static <E> Uni<List<DeadLetter>> apply(
            Effect<E> effect, List<Received<E>> batch, Supplier<Uni<List<DeadLetter>>> begin, boolean patient) {
        if (batch.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        AtomicReference<Supplier<Uni<List<DeadLetter>>>> next = new AtomicReference<>(begin);
        Uni<List<DeadLetter>> attempt = Uni.createFrom()
                .deferred(() -> next.getAndSet(() -> effect.apply(batch)).get());
        return (patient ? patiently(attempt, DatabaseFailure::isTransient) : attempt)
                .onFailure(failure -> !DatabaseFailure.isTransient(failure))
                .recoverWithUni(refused -> divide(effect, batch, patient, refused));
    }

    private static <E> Uni<List<DeadLetter>> divide(
            Effect<E> effect, List<Received<E>> batch, boolean patient, Throwable refused) {
        if (batch.size() == 1) {
            LOG.errorf("record refused: %s", reason(refused));
            return Uni.createFrom().item(List.of(new DeadLetter(batch.get(0).record(), reason(refused))));
        }
        int half = batch.size() / 2;
        return apply(effect, batch.subList(0, half), patient)
                .chain(first -> apply(effect, batch.subList(half, batch.size()), patient)
                        .map(second ->
                                Stream.concat(first.stream(), second.stream()).toList()));
    }

    private static String reason(Throwable refused) {
        return DatabaseFailure.sqlState(refused)
                .map(state -> "the database refuses it, SQLSTATE " + state)
                .orElseGet(() -> "it cannot be applied: " + refused.getClass().getSimpleName());
    }

    private Uni<Void> keep(List<DeadLetter> letters) {
        if (letters.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return patiently(deadLetters.keep(letters), always -> true)
                .invoke(() -> dead.increment(letters.size()))
                .invoke(() -> LOG.warnf("%d dead letters", letters.size()));
    }

    /** An attempt without an answer has failed. */
    private static <T> Uni<T> answered(Uni<T> attempt) {
        return attempt.ifNoItem().after(LONGEST_ATTEMPT).fail();
    }

    /** Tries again for as long as the failure is one that passes. */
    private static <T> Uni<T> patiently(Uni<T> work, Predicate<Throwable> passes) {
        return answered(work)
                .onFailure(passes)
                .invoke(failure -> LOG.warnf(
                        "waiting for the database or the broker: %s",
                        failure.getClass().getSimpleName()))
                .onFailure(passes)
                .retry()
                .withBackOff(FIRST_WAIT, LONGEST_WAIT)
                .indefinitely();
    }

    /**
     * Lets a batch end, and commits it, before its partitions go: to another instance that joins, or as
     * this one stops. Otherwise the next owner would repeat it, without effect and for nothing.
     */
    @ApplicationScoped
    @Identifier("inbox")
    static class LastBatch implements KafkaConsumerRebalanceListener {

        @Override
        public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
            LAST.keySet().removeAll(partitions);
        }

        /** Called by the thread that polls, which may wait. */
        @Override
        public void onPartitionsRevoked(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
            Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
            try {
                for (TopicPartition partition : partitions) {
                    CompletableFuture<OffsetAndMetadata> last = LAST.remove(partition);
                    if (last != null) {
                        ends.put(partition, last.get(LAST_BATCH_SECONDS, TimeUnit.SECONDS));
                    }
                }
                consumer.commitSync(ends);
            } catch (TimeoutException | ExecutionException | KafkaException repeated) {
                LOG.warnf(
                        "the last batch will be repeated: %s",
                        repeated.getClass().getSimpleName());
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
