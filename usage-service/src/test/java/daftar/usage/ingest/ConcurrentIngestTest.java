package daftar.usage.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/**
 * Several consumers with the same events at the same time, as after a rebalance that one of them has not
 * heard of yet.
 *
 * <p>The effect is applied directly, since the inbox would hide a deadlock by trying again. A deadlock
 * (SQLSTATE 40P01) fails it. Keys written in the order of the batch instead of their own make one
 * possible: each consumer can then wait for a key of another one that waits for one of its own.
 */
@QuarkusTest
@WithTestResource(TestStack.class)
class ConcurrentIngestTest {

    private static final int ROUNDS = 10;
    private static final int EVENTS = 500;
    private static final int CONSUMERS = 6;
    private static final String DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'daftar'";

    private final Stack stack = Stack.current();
    private final UsageEvents rows = new UsageEvents(stack);
    private final UUID user = stack.newUser();
    private final UsageIngest ingest;

    @Inject
    ConcurrentIngestTest(UsageIngest ingest) {
        this.ingest = ingest;
    }

    @Test
    void countsEveryEventOnceWithoutADeadlockWhateverTheOrderOfTheBatches() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        long deadlocksBefore = stack.number("usage_owner", DEADLOCKS);

        for (int round = 0; round < ROUNDS; round++) {
            List<UsageRecorded> events = events();
            List<DeadLetter> letters = atTheSameTime(IntStream.range(0, CONSUMERS)
                    .mapToObj(consumer -> batches(events, random))
                    .toList());
            assertEquals(List.of(), letters);
        }

        assertEquals(ROUNDS * EVENTS, rows.rows(user));
        assertEquals(ROUNDS * EVENTS, rows.tokens(user));
        assertEquals(deadlocksBefore, stack.number("usage_owner", DEADLOCKS));
    }

    /** Each consumer applies its batches one after the other; a failure of any fails the whole. */
    private List<DeadLetter> atTheSameTime(List<List<List<Received<UsageRecorded>>>> consumers) {
        return Uni.join()
                .all(consumers.stream().map(this::oneAfterTheOther).toList())
                .andCollectFailures()
                .await()
                .atMost(Duration.ofSeconds(30))
                .stream()
                .flatMap(List::stream)
                .toList();
    }

    private Uni<List<DeadLetter>> oneAfterTheOther(List<List<Received<UsageRecorded>>> batches) {
        Uni<List<DeadLetter>> all = Uni.createFrom().item(List.of());
        for (List<Received<UsageRecorded>> batch : batches) {
            all = all.chain(before -> ingest.prepare(batch)
                    .begin()
                    .map(now -> Stream.concat(before.stream(), now.stream()).toList()));
        }
        return all;
    }

    /** All the events in an order of their own, some of them twice, in two batches that share some. */
    private static List<List<Received<UsageRecorded>>> batches(List<UsageRecorded> events, Random random) {
        List<UsageRecorded> shuffled = new ArrayList<>(events);
        shuffled.addAll(events.subList(0, EVENTS / 10));
        Collections.shuffle(shuffled, random);
        return List.of(
                received(shuffled.subList(0, EVENTS * 2 / 3)), received(shuffled.subList(EVENTS / 3, shuffled.size())));
    }

    private static List<Received<UsageRecorded>> received(List<UsageRecorded> events) {
        return events.stream()
                .map(event ->
                        new Received<>(new ConsumerRecord<byte[], byte[]>("usage-events", 0, 0, null, null), event))
                .toList();
    }

    private List<UsageRecorded> events() {
        return Stream.generate(() -> new UsageRecorded(
                        UUID.randomUUID(),
                        user,
                        user,
                        "tutor",
                        null,
                        1,
                        null,
                        null,
                        0,
                        Instant.parse(UsageEvents.TIME),
                        BigDecimal.ZERO,
                        null,
                        null,
                        UUID.randomUUID()))
                .limit(EVENTS)
                .toList();
    }
}
