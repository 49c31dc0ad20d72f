package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static daftar.usage.ingest.UsageEvents.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Prepared;
import daftar.kit.inbox.Effect.Received;
import daftar.kit.inbox.Inbox;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A batch is sent while the one before is being written, and yet is never written before it. */
@QuarkusTest
@WithTestResource(TestStack.class)
class AheadTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** A partition that the topic does not have: its records come from here alone. */
    private static final TopicPartition PARTITION = new TopicPartition(UsageEvents.TOPIC, 1_000);

    private static final int BATCHES = 100;
    private static final int EVENTS = 40;

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();
    private final UsageEventsEffect effect;
    private final UsageIngest ingest;
    private final UsageEventsConsumer consumer;
    private final Vertx vertx;

    private long offset = System.currentTimeMillis();

    @Inject
    AheadTest(UsageEventsEffect effect, UsageIngest ingest, UsageEventsConsumer consumer, Vertx vertx) {
        this.effect = effect;
        this.ingest = ingest;
        this.consumer = consumer;
        this.vertx = vertx;
    }

    /** After a repetition batches are written by the other statement, until one is all new. */
    @BeforeEach
    void theLastBatchWasAllNew() {
        write(batch(0));
    }

    @Test
    void twoBatchesAreUnderWayAtOnce() {
        Prepared first = ingest.prepare(batch(1));
        Prepared second = ingest.prepare(batch(2));

        CompletableFuture<List<DeadLetter>> one = begun(first.ahead(null));
        CompletableFuture<List<DeadLetter>> two = begun(second.ahead(first));

        assertEquals(List.of(), one.join());
        assertEquals(List.of(), two.join());
        assertEquals(3, events.tokens(user));
    }

    @Test
    void aBatchFailsWhereTheOneBeforeIsNotWritten() {
        List<Received<UsageRecorded>> counted = batch(1);
        Prepared repetition = ingest.prepare(counted);
        Prepared next = ingest.prepare(batch(2));
        write(counted);

        CompletableFuture<List<DeadLetter>> one = begun(repetition.ahead(null));
        CompletableFuture<List<DeadLetter>> two = begun(next.ahead(repetition));

        assertThrows(CompletionException.class, one::join);
        assertThrows(CompletionException.class, two::join);
        assertEquals(1, events.tokens(user), "neither is written");
        assertEquals(List.of(), repetition.begin().await().atMost(LIMIT));
        assertEquals(List.of(), next.begin().await().atMost(LIMIT));
        assertEquals(3, events.tokens(user), "each once");
    }

    @Test
    void aBatchIsNotBegunBehindOneThatHasEnded() {
        Prepared first = ingest.prepare(batch(1));
        Prepared second = ingest.prepare(batch(2));
        begun(first.ahead(null)).join();

        assertThrows(CompletionException.class, begun(second.ahead(first))::join);
        assertEquals(1, events.tokens(user));
    }

    @Test
    void aBatchFollowsOneThatBeginsInItsTurn() {
        Prepared first = ingest.prepare(batch(1));
        Prepared second = ingest.prepare(batch(2));

        CompletableFuture<List<DeadLetter>> two = begun(second.ahead(first));
        assertFalse(two.isDone());
        assertEquals(List.of(), first.begin().await().atMost(LIMIT));

        assertEquals(
                List.of(), two.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join());
        assertEquals(3, events.tokens(user));
    }

    /** A partition is made first, and meanwhile the attempt is given up, as one without an answer is. */
    @Test
    void aBatchDoesNotWaitForOneThatWasGivenUp() {
        Instant ofAMonthWithoutPartition = Instant.now().minus(Duration.ofDays(57 * 30));
        Prepared first = ingest.prepare(batch(
                record(null, UUID.randomUUID().toString(), user, data(user, 1, ofAMonthWithoutPartition.toString()))));
        Prepared second = ingest.prepare(batch(2));

        CompletableFuture<List<DeadLetter>> two = begun(second.ahead(first));
        first.begin().subscribe().with(nothing -> {}).cancel();

        CompletionException failure =
                assertThrows(CompletionException.class, two.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)::join);
        assertEquals("the batch before has ended", failure.getCause().getMessage());
        assertEquals(0, events.tokens(user));
    }

    @Test
    void batchesWithRepetitionsAreUnderWayAtOnce() {
        List<Received<UsageRecorded>> counted = batch(1);
        write(counted);
        write(both(counted, batch(2)));
        Prepared first = ingest.prepare(both(counted, batch(4)));
        Prepared second = ingest.prepare(both(counted, batch(8)));

        CompletableFuture<List<DeadLetter>> one = begun(first.ahead(null));
        CompletableFuture<List<DeadLetter>> two = begun(second.ahead(first));

        assertEquals(List.of(), one.join());
        assertEquals(List.of(), two.join());
        assertEquals(15, events.tokens(user));
    }

    /**
     * Of each id the first event counts, whatever repeats it or contradicts it in batches after, and however often the
     * database ends the sessions in between.
     */
    @Test
    void countsWhatComesFirstWhateverFails() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Map<String, Integer> first = new HashMap<>();
        List<String> ids = new ArrayList<>();
        ConcurrentLinkedQueue<Integer> acknowledged = new ConcurrentLinkedQueue<>();
        int conflicts = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            boolean allNew = random.nextInt(3) > 0;
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int event = 0; event < EVENTS; event++) {
                boolean known = !allNew && !ids.isEmpty() && random.nextInt(10) == 0;
                // the youngest are in batches that may be under way
                String id = known
                        ? ids.get(ids.size() - 1 - random.nextInt(Math.min(ids.size(), EVENTS * 2)))
                        : UUID.randomUUID().toString();
                int tokens = known && random.nextBoolean() ? first.get(id) : 1 + random.nextInt(1_000);
                conflicts += known && first.get(id) != tokens ? 1 : 0;
                if (first.putIfAbsent(id, tokens) == null) {
                    ids.add(id);
                }
                records.add(consumed(record(null, id, user, data(user, tokens))));
            }
            int number = batch;
            take(records, () -> acknowledged.add(number));
            if (random.nextInt(10) == 0) {
                endSessions();
            }
        }

        await().atMost(LIMIT).until(() -> acknowledged.size() == BATCHES);
        assertEquals(IntStream.range(0, BATCHES).boxed().toList(), List.copyOf(acknowledged));
        assertEquals(ids.size() + 1, events.rows(user));
        assertEquals(first.values().stream().mapToInt(Integer::intValue).sum(), events.tokens(user));
        assertEquals(conflicts, stack.number("usage_owner", "SELECT count(*) FROM dead_letters WHERE key = ?", (Object)
                utf8(user.toString())));
    }

    /** As messages come: the next one when the one before is let go. */
    private void take(List<ConsumerRecord<byte[], byte[]>> records, Runnable acknowledged) throws Exception {
        Message<ConsumerRecords<byte[], byte[]>> message =
                Message.of(new ConsumerRecords<>(Map.of(PARTITION, records), Map.of()), () -> {
                    acknowledged.run();
                    return CompletableFuture.completedFuture(null);
                });
        CompletableFuture<Void> next = new CompletableFuture<>();
        vertx.getOrCreateContext()
                .runOnContext(nothing ->
                        consumer.consume(message).subscribe().with(next::complete, next::completeExceptionally));
        next.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private void endSessions() {
        stack.query("postgres", """
                SELECT pg_terminate_backend(a.pid)
                FROM pg_stat_activity AS a
                WHERE a.usename = 'usage_app'
                """);
    }

    private static CompletableFuture<List<DeadLetter>> begun(Optional<Uni<List<DeadLetter>>> ahead) {
        return ahead.orElseThrow().subscribeAsCompletionStage();
    }

    private void write(List<Received<UsageRecorded>> batch) {
        assertEquals(List.of(), ingest.prepare(batch).begin().await().atMost(LIMIT));
    }

    private static List<Received<UsageRecorded>> both(
            List<Received<UsageRecorded>> one, List<Received<UsageRecorded>> other) {
        return Stream.concat(one.stream(), other.stream()).toList();
    }

    private List<Received<UsageRecorded>> batch(int tokens) {
        return batch(record(null, UUID.randomUUID().toString(), user, data(user, tokens)));
    }

    private List<Received<UsageRecorded>> batch(ProducerRecord<byte[], byte[]> sent) {
        ConsumerRecord<byte[], byte[]> record = consumed(sent);
        return List.of(new Received<>(record, (UsageRecorded) Inbox.read(effect, record)));
    }

    private ConsumerRecord<byte[], byte[]> consumed(ProducerRecord<byte[], byte[]> sent) {
        return new ConsumerRecord<>(
                PARTITION.topic(),
                PARTITION.partition(),
                offset++,
                0L,
                TimestampType.CREATE_TIME,
                sent.key().length,
                sent.value().length,
                sent.key(),
                sent.value(),
                sent.headers(),
                Optional.empty());
    }
}
