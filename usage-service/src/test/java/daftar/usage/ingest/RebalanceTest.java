package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.TOPIC;
import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.inbox.Inbox;
import daftar.kit.telemetry.Meters;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

/**
 * A second member of the service's group that joins in the middle of a batch and leaves while events
 * flow. Nothing is lost, and nothing is even delivered twice: de-duplication has nothing to do.
 */
@QuarkusTest
@WithTestResource(TestStack.class)
class RebalanceTest {

    private static final int EVENTS = 20_000;
    private static final int BEFORE_THE_OTHER_JOINS = 3_000;
    private static final String WAITING_FOR_THE_LOCK =
            "SELECT count(*) FROM pg_locks WHERE relation = 'usage.usage_event_keys'::regclass AND NOT granted";

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();
    private final UsageEventsEffect effect;
    private final Pool primary;
    private final MeterRegistry meters;

    @Inject
    RebalanceTest(UsageEventsEffect effect, Pool primary, MeterRegistry meters) {
        this.effect = effect;
        this.primary = primary;
        this.meters = meters;
    }

    @Test
    void aMemberThatJoinsInTheMiddleOfABatchAndLeavesRepeatsNothing() throws SQLException, InterruptedException {
        double before = consumed();
        OtherMember other = new OtherMember();
        // a thread of its own: Kafka loads classes by the thread's loader, and those of the common pool have another
        Thread running = new Thread(other, "the other member");
        try (Connection connection = stack.connect("usage_owner");
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE usage_event_keys IN SHARE MODE");
            send(0, BEFORE_THE_OTHER_JOINS);
            await().until(() -> stack.number("usage_owner", WAITING_FOR_THE_LOCK) > 0);

            running.start();
            await().until(other.joined::get);
            other.partitionsWithin(Duration.ofSeconds(3));
            connection.rollback();
        }
        await().until(() -> other.partitions.get() > 0);
        send(BEFORE_THE_OTHER_JOINS, EVENTS / 2);
        await().until(() -> other.records.get() > 0);
        send(EVENTS / 2, EVENTS);
        other.leave.set(true);
        running.join();

        await().until(() -> events.rows(user) >= EVENTS);
        await().until(() -> consumed() - before + other.records.get() >= EVENTS);
        assertEquals(EVENTS, events.rows(user));
        assertEquals(EVENTS / 2 * (EVENTS - 1), events.tokens(user));
        assertTrue(other.records.get() > 0);
        assertEquals(EVENTS, (long) (consumed() - before) + other.records.get(), "records that were delivered");
    }

    /** A consumer as another instance has it, without SmallRye. */
    private final class OtherMember implements Runnable {

        final AtomicBoolean joined = new AtomicBoolean();
        final AtomicBoolean leave = new AtomicBoolean();
        final AtomicInteger partitions = new AtomicInteger();
        final AtomicInteger records = new AtomicInteger();

        @Override
        public void run() {
            Inbox<UsageEvent> inbox = new Inbox<>(effect, primary, null, new SimpleMeterRegistry());
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                    Map.of(
                            "bootstrap.servers",
                            stack.kafka().bootstrapServers(),
                            "group.id",
                            "usage-service",
                            "auto.offset.reset",
                            "earliest",
                            "enable.auto.commit",
                            false,
                            "partition.assignment.strategy",
                            CooperativeStickyAssignor.class.getName()),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer())) {
                consumer.subscribe(List.of(TOPIC));
                while (!leave.get()) {
                    ConsumerRecords<byte[], byte[]> batch = consumer.poll(Duration.ofMillis(50));
                    joined.set(consumer.groupMetadata().generationId() > 0);
                    partitions.set(consumer.assignment().size());
                    if (!batch.isEmpty()) {
                        inbox.accept(batch).await().atMost(Duration.ofSeconds(60));
                        consumer.commitSync();
                        records.addAndGet(batch.count());
                    }
                }
            }
        }

        /** Long enough for an owner that does not finish its batch to give its partitions away. */
        void partitionsWithin(Duration time) {
            long end = System.nanoTime() + time.toNanos();
            await().until(() -> partitions.get() > 0 || System.nanoTime() > end);
        }
    }

    private void send(int from, int to) {
        try (Topics topics = new Topics(stack)) {
            topics.send(IntStream.range(from, to)
                    .mapToObj(i -> record(partition(i), UUID.randomUUID().toString(), user, data(user, i)))
                    .toList());
        }
    }

    /** At first only those that the group's assignor will give to the other one, so that the batch is of them. */
    private static int partition(int event) {
        return event < BEFORE_THE_OTHER_JOINS ? 3 + event % 3 : event % 6;
    }

    private double consumed() {
        return meters.get(Meters.INBOX_RECORDS).counter().count();
    }
}
