package daftar.billing.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
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
 * Several consumers with the same events, and with other events of the same users, at the same time.
 *
 * <p>The effect is applied directly, since the inbox would hide a deadlock by trying again. A deadlock
 * (SQLSTATE 40P01) fails it. Rows written in the order of the batch instead of their own make one
 * possible: each consumer can then wait for a row of another one that waits for one of its own.
 */
@QuarkusTest
@WithTestResource(TestStack.class)
class ConcurrentTotalsTest {

    private static final int ROUNDS = 10;
    private static final int USERS = 100;
    private static final int EVENTS = 500;
    private static final int CONSUMERS = 6;
    private static final String DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'daftar'";

    private final Stack stack = Stack.current();
    private final UsageTotals totals;

    @Inject
    ConcurrentTotalsTest(UsageTotals totals) {
        this.totals = totals;
    }

    @Test
    void addsEveryEventOnceWithoutADeadlockWhateverTheOrderOfTheBatches() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String service = "service-" + seed;
        List<UUID> users = Stream.generate(stack::newUser).limit(USERS).toList();
        long deadlocksBefore = stack.number("billing_owner", DEADLOCKS);

        for (int round = 0; round < ROUNDS; round++) {
            List<UsageRecorded> shared = events(users, service, random);
            List<DeadLetter> letters = atTheSameTime(IntStream.range(0, CONSUMERS)
                    .mapToObj(consumer -> batches(shared, events(users, service, random), random))
                    .toList());
            assertEquals(List.of(), letters);
        }

        assertEquals(
                ROUNDS * (1 + CONSUMERS) * EVENTS,
                stack.number("billing_owner", "SELECT sum(events) FROM usage_totals WHERE service_name = ?", service));
        assertEquals(
                ROUNDS * (1 + CONSUMERS) * EVENTS,
                stack.number(
                        "billing_owner", "SELECT sum(tokens_used) FROM usage_totals WHERE service_name = ?", service));
        assertEquals(deadlocksBefore, stack.number("billing_owner", DEADLOCKS));
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
            all = all.chain(before -> totals.apply(batch)
                    .map(now -> Stream.concat(before.stream(), now.stream()).toList()));
        }
        return all;
    }

    /** The events that all consumers have and those of this one alone, in an order of their own. */
    private static List<List<Received<UsageRecorded>>> batches(
            List<UsageRecorded> shared, List<UsageRecorded> own, Random random) {
        List<UsageRecorded> shuffled = new ArrayList<>(shared);
        shuffled.addAll(own);
        Collections.shuffle(shuffled, random);
        return List.of(received(shuffled.subList(0, EVENTS)), received(shuffled.subList(EVENTS / 2, 2 * EVENTS)));
    }

    private static List<Received<UsageRecorded>> received(List<UsageRecorded> events) {
        return events.stream()
                .map(event ->
                        new Received<>(new ConsumerRecord<byte[], byte[]>("usage-events", 0, 0, null, null), event))
                .toList();
    }

    private static List<UsageRecorded> events(List<UUID> users, String service, Random random) {
        return Stream.generate(() -> new UsageRecorded(
                        UUID.randomUUID(),
                        users.get(random.nextInt(USERS)),
                        service,
                        1,
                        0,
                        Instant.parse("2026-01-02T03:04:05Z")))
                .limit(EVENTS)
                .toList();
    }
}
