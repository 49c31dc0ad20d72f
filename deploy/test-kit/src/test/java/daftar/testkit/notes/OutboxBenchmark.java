package daftar.testkit.notes;

import static org.awaitility.Awaitility.await;

import daftar.kit.outbox.Outbox;
import daftar.kit.position.Writes;
import daftar.local.postgres.PostgresCluster;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;

/** Not run with the tests: {@code ./deploy/test-kit/outbox-benchmark} runs it and says what it prints. */
@QuarkusTest
@WithTestResource(TestStack.class)
class OutboxBenchmark {

    private static final String TOPIC = "user-events";
    private static final String TYPE = "daftar.notes.measured.v1";
    private static final int RATE = Integer.getInteger("daftar.benchmark.rate", 200);
    private static final int SECONDS = Integer.getInteger("daftar.benchmark.seconds", 20);
    private static final int WARM_UP = 5;
    private static final int EVENTS = RATE * (WARM_UP + SECONDS);

    private final Stack stack = Stack.current();
    private final List<UUID> users =
            Stream.generate(UUID::randomUUID).limit(100).toList();
    private final AtomicLongArray begun = new AtomicLongArray(EVENTS);
    private final AtomicLongArray committed = new AtomicLongArray(EVENTS);
    private final AtomicLongArray seen = new AtomicLongArray(EVENTS);
    private final Outbox outbox;
    private final Writes writes;

    @Inject
    OutboxBenchmark(Outbox outbox, Writes writes) {
        this.outbox = outbox;
        this.writes = writes;
    }

    @Test
    void latencyAndStatements() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        Thread reader = new Thread(() -> read(done), "reader");
        reader.start();
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        try {
            print("idle, statements/s", statementsIn(Duration.ofSeconds(10)));
            AtomicInteger next = new AtomicInteger();
            var ticking = clock.scheduleAtFixedRate(
                    () -> {
                        if (next.get() < EVENTS) {
                            write(next.getAndIncrement());
                        }
                    },
                    0,
                    TimeUnit.SECONDS.toNanos(1) / RATE,
                    TimeUnit.NANOSECONDS);
            await().atMost(Duration.ofMinutes(2)).until(() -> next.get() > RATE * WARM_UP || ticking.isDone());
            print("under load, statements/s of the relay", statementsIn(Duration.ofSeconds(SECONDS - 5)));
            await().atMost(Duration.ofMinutes(2)).until(this::allSeen);
            System.out.printf("%d events at %d/s, %d keys%n", EVENTS, RATE, users.size());
            print("commit to consumer", committed);
            print("begin of the write to consumer", begun);
            print("load average", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        } finally {
            clock.shutdownNow();
            done.countDown();
            reader.join();
        }
    }

    private void write(int number) {
        begun.set(number, System.nanoTime());
        UUID user = users.get(number % users.size());
        writes.writeSql(connection -> outbox.append(
                        connection,
                        List.of(new Outbox.Event(TOPIC, user, TYPE, Instant.EPOCH, Map.of("number", number)))))
                .subscribe()
                .with(nothing -> committed.set(number, System.nanoTime()), Throwable::printStackTrace);
    }

    private void read(CountDownLatch done) {
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", stack.kafka().bootstrapServers()),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(TOPIC).stream()
                    .map(info -> new TopicPartition(TOPIC, info.partition()))
                    .toList();
            consumer.assign(partitions);
            while (done.getCount() > 0) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    if (users.contains(UUID.fromString(record.key()))) {
                        String number = new String(record.value(), java.nio.charset.StandardCharsets.UTF_8)
                                .replaceAll("[^0-9]", "");
                        seen.compareAndSet(Integer.parseInt(number), 0, System.nanoTime());
                    }
                }
            }
        }
    }

    private boolean allSeen() {
        for (int i = 0; i < EVENTS; i++) {
            if (seen.get(i) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Statements of the relay in a second: what names the outbox or takes its turn, with its begin and commit. */
    private double statementsIn(Duration time) throws SQLException {
        try (Connection connection =
                        stack.postgres().primary().connect("daftar", PostgresCluster.SUPERUSER, Stack.PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT public.pg_stat_statements_reset()");
            statement.execute("SELECT pg_sleep(" + time.toSeconds() + ")");
            try (var result = statement.executeQuery("""
                    SELECT sum(s.calls) FILTER (WHERE s.query ILIKE '%outbox%' AND s.query NOT ILIKE '%insert into%')
                               + 2 * coalesce(sum(s.calls) FILTER (WHERE s.query ILIKE '%try_advisory%'), 0) AS calls
                    FROM public.pg_stat_statements AS s
                    JOIN pg_roles AS r ON r.oid = s.userid
                    WHERE r.rolname = 'consent_app'
                    """)) {
                result.next();
                return result.getDouble("calls") / time.toSeconds();
            }
        }
    }

    private void print(String what, AtomicLongArray from) {
        double[] millis = new double[EVENTS - RATE * WARM_UP];
        for (int i = 0; i < millis.length; i++) {
            int number = i + RATE * WARM_UP;
            millis[i] = (seen.get(number) - from.get(number)) / 1e6;
        }
        Arrays.sort(millis);
        System.out.printf(
                "%s: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, most %.1f ms%n",
                what,
                millis[millis.length / 2],
                millis[millis.length * 95 / 100],
                millis[millis.length * 99 / 100],
                millis[millis.length - 1]);
    }

    private static void print(String what, double number) {
        System.out.printf("%s: %.1f%n", what, number);
    }
}
