package daftar.testkit.notes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.kit.outbox.Outbox;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.PoolOptions;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Writers that commit in an order of their own, or not at all, against two relays that are cut off again
 * and again in the middle of a turn.
 *
 * <p>Ids are drawn long before some of these transactions commit: a relay with a cursor would pass by
 * those that commit late, and relays that skip each other's rows would break the order of a key.
 */
@QuarkusTest
@WithTestResource(TestStack.class)
class OutboxFaultTest {

    private static final String TOPIC = "mastery-events";
    private static final int KEYS = 6;
    private static final int WRITERS = 4;
    private static final int TRANSACTIONS = 20;
    private static final int ROUNDS = 3;
    private static final int LONGEST = 20;

    /** The relays' transactions, which stand open between reading and deleting. */
    private static final String CUT_OFF = """
            SELECT count(pg_terminate_backend(a.pid)) AS cut_off
            FROM pg_stat_activity AS a
            WHERE a.usename = 'consent_app'
              AND a.application_name <> 'writers'
              AND a.state = 'idle in transaction'
              AND a.query LIKE '%FROM outbox AS o%'""";

    private final Stack stack = Stack.current();
    private final List<UUID> keys =
            Stream.generate(UUID::randomUUID).limit(KEYS).toList();
    private final Map<UUID, List<Integer>> committed = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final Outbox outbox;
    private final Pool pool;
    private final ObjectMapper json;

    @Inject
    OutboxFaultTest(Outbox outbox, Vertx vertx, ObjectMapper json) {
        this.outbox = outbox;
        this.pool = writersPool(vertx);
        this.json = json;
    }

    @AfterEach
    void closeWritersPool() {
        pool.closeAndAwait();
    }

    @Test
    void losesNothingAndKeepsTheOrderOfEachKey() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        AnotherRelay another = AnotherRelay.like(outbox);

        long cutOff = 0;
        for (int round = 0; round < ROUNDS || (cutOff == 0 && round < LONGEST); round++) {
            cutOff += round(random, another);
        }

        assertTrue(cutOff > 0, "no relay was ever cut off: the test has shown nothing");
        System.out.println("cut off " + cutOff + " times");
        Map<UUID, List<Integer>> published = published();
        committed.forEach((key, numbersOfKey) -> assertEquals(numbersOfKey, published.get(key), "key " + key));
        assertEquals(committed.keySet(), published.keySet());
    }

    /** All writers at once; until the last event is published, every relay's turn that is met is cut off. */
    private long round(Random random, AnotherRelay another) {
        CompletableFuture<?> writing = Uni.join()
                .all(IntStream.range(0, WRITERS)
                        .mapToObj(writer -> writer(new Random(random.nextLong()), TRANSACTIONS))
                        .toList())
                .andFailFast()
                .subscribeAsCompletionStage();
        AtomicLong cutOff = new AtomicLong();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    another.wake();
                    if (!writing.isDone()) {
                        cutOff.addAndGet(stack.number("postgres", CUT_OFF));
                        return false;
                    }
                    return stack.number("consent_owner", "SELECT count(*) FROM outbox") == 0;
                });
        writing.join();
        return cutOff.get();
    }

    private Uni<Void> writer(Random random, int transactions) {
        return IntStream.range(0, transactions)
                .mapToObj(n -> transaction(random))
                .reduce(Uni.createFrom().voidItem(), (before, next) -> before.chain(() -> next));
    }

    /**
     * One transaction with events of one to three keys. While it stands open it holds the keys' locks, so
     * the order of what is noted here, in the transaction, is the order of the commits.
     */
    private Uni<Void> transaction(Random random) {
        List<UUID> some = new ArrayList<>(keys);
        Collections.shuffle(some, random);
        List<UUID> chosen = some.subList(0, 1 + random.nextInt(3));
        Duration open = Duration.ofMillis(1 + random.nextInt(60));
        boolean rolledBack = random.nextInt(5) == 0;
        Map<UUID, Integer> events = new LinkedHashMap<>();
        chosen.forEach(key -> events.put(key, numbers.incrementAndGet()));
        return Uni.createFrom()
                .deferred(() -> pool.withTransaction(connection -> outbox.append(connection, events(events))
                        .onItem()
                        .delayIt()
                        .by(open)
                        .invoke(() -> {
                            if (rolledBack) {
                                throw new IllegalStateException("rolled back");
                            }
                            events.forEach((key, number) -> committed
                                    .computeIfAbsent(key, first -> new ArrayList<>())
                                    .add(number));
                        })))
                .invoke(outbox::committed)
                .onFailure(IllegalStateException.class)
                .recoverWithNull()
                .replaceWithVoid();
    }

    /** Connections that no relay ever gets: what is cut off must be a relay's for certain. */
    private Pool writersPool(Vertx vertx) {
        PgConnectOptions options = PgConnectOptions.fromUri(
                        "postgresql://127.0.0.1:" + stack.postgres().primary().port() + "/daftar")
                .setUser("consent_app")
                .setPassword(Stack.PASSWORD)
                .addProperty("application_name", "writers");
        return Pool.newInstance(PgBuilder.pool()
                .with(new PoolOptions().setMaxSize(WRITERS))
                .connectingTo(options)
                .using(vertx)
                .build());
    }

    private static List<Outbox.Event> events(Map<UUID, Integer> numbersByKey) {
        return numbersByKey.entrySet().stream()
                .map(event -> new Outbox.Event(
                        TOPIC,
                        event.getKey(),
                        "daftar.notes.written.v1",
                        Instant.parse("2026-01-02T03:04:05Z"),
                        Map.of("number", event.getValue())))
                .toList();
    }

    /** What each key's readers see, repetitions left out as every consumer leaves them out. */
    private Map<UUID, List<Integer>> published() throws IOException {
        Map<UUID, LinkedHashSet<Integer>> seen = new HashMap<>();
        try (Topics topics = new Topics(stack)) {
            for (ConsumerRecord<byte[], byte[]> record : topics.read(TOPIC)) {
                UUID key = UUID.fromString(new String(record.key(), StandardCharsets.UTF_8));
                if (keys.contains(key)) {
                    JsonNode data = json.readTree(record.value());
                    seen.computeIfAbsent(key, first -> new LinkedHashSet<>())
                            .add(data.get("number").intValue());
                }
            }
        }
        Map<UUID, List<Integer>> published = new HashMap<>();
        seen.forEach((key, numbersOfKey) -> published.put(key, List.copyOf(numbersOfKey)));
        return published;
    }
}
