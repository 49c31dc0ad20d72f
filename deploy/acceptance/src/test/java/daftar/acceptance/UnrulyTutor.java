package daftar.acceptance;

import daftar.acceptance.UsageOracle.Use;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/**
 * A tutor service that sends usage events at a steady rate whatever becomes of them, out of order, some late by months,
 * some again and some that contradict what it said before. What Kafka has not confirmed in time it sends again until it
 * has.
 */
final class UnrulyTutor implements AutoCloseable {

    static final String TOPIC = "usage-events";

    private static final Duration TICK = Duration.ofMillis(200);
    private static final int EVENTS_A_TICK = 100;
    private static final double REPEATED = 0.05;
    private static final double CONTRADICTED = 0.01;
    private static final double LATE = 0.03;
    /** Ticks until something is said again: up to 12 seconds, which is beyond a restart. */
    private static final int LATEST_TICK = 60;

    private static final int LATEST_MONTH = 6;

    private final List<UUID> users;
    private final Random random;
    private final KafkaProducer<byte[], byte[]> producer;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    /** Only the clock's thread touches these. */
    private final TreeMap<Integer, List<Sending>> later = new TreeMap<>();

    private final Queue<Sending> now = new ArrayDeque<>();
    private int tick;
    private int repetitions;

    /** Written by the producer's thread. */
    private final Queue<Sending> unconfirmed = new ConcurrentLinkedQueue<>();

    private final Queue<Use> toContradict = new ConcurrentLinkedQueue<>();
    private final Map<UUID, Use> accepted = new ConcurrentHashMap<>();
    private final Map<UUID, Use> contradictions = new ConcurrentHashMap<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger sentAgain = new AtomicInteger();

    private ScheduledFuture<?> beat;

    /**
     * What is sent, until it is confirmed.
     *
     * @param contradicts whether another event has been confirmed under the id before
     * @param toBeContradicted whether one is to be sent once this is confirmed
     */
    private record Sending(Use use, boolean contradicts, boolean toBeContradicted) {}

    UnrulyTutor(LocalSystem system, List<UUID> users, long seed) {
        this.users = users;
        this.random = new Random(seed);
        this.producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers", system.kafka(),
                        "acks", "all",
                        "enable.idempotence", true,
                        "linger.ms", 5,
                        "request.timeout.ms", 3_000,
                        "delivery.timeout.ms", 8_000,
                        "reconnect.backoff.max.ms", 500),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** Begins to send, until {@link #finish}. */
    void begin() {
        beat = clock.scheduleAtFixedRate(this::send, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Says nothing new any more, and returns when all that was said is confirmed. */
    void finish() throws Exception {
        if (!beat.cancel(false)) {
            beat.get(); // tells what stopped it
        }
        Awaitility.await("all is confirmed")
                .atMost(Duration.ofSeconds(60))
                .until(() -> clock.submit(this::rest).get());
    }

    private boolean rest() {
        collect();
        now.addAll(takeLater());
        sendAll();
        producer.flush();
        return underWay.get() == 0 && unconfirmed.isEmpty() && toContradict.isEmpty() && later.isEmpty();
    }

    private List<Sending> takeLater() {
        List<Sending> all = later.values().stream().flatMap(List::stream).toList();
        later.clear();
        return all;
    }

    /** What Kafka has, each id as it was said first. */
    Map<UUID, Use> accepted() {
        return accepted;
    }

    /** What Kafka has beside it, by the same ids. */
    Map<UUID, Use> contradictions() {
        return contradictions;
    }

    /** How many were sent a second time though nothing was wrong with the first. */
    int repetitions() {
        return repetitions;
    }

    /** How many had to be sent anew since nobody confirmed them. */
    int sentAgain() {
        return sentAgain.get();
    }

    private void send() {
        tick++;
        collect();
        for (int event = 0; event < EVENTS_A_TICK; event++) {
            Use use = use();
            now.add(new Sending(use, false, random.nextDouble() < CONTRADICTED));
            if (random.nextDouble() < REPEATED) {
                atSomeTime(new Sending(use, false, false));
                repetitions++;
            }
        }
        Map<Integer, List<Sending>> due = later.headMap(tick, true);
        due.values().forEach(now::addAll);
        due.clear();
        sendAll();
    }

    private void collect() {
        for (Sending sending = unconfirmed.poll(); sending != null; sending = unconfirmed.poll()) {
            now.add(sending);
            sentAgain.incrementAndGet();
        }
        for (Use first = toContradict.poll(); first != null; first = toContradict.poll()) {
            atSomeTime(new Sending(contradiction(first), true, false));
        }
    }

    private void atSomeTime(Sending sending) {
        later.computeIfAbsent(tick + 1 + random.nextInt(LATEST_TICK), at -> new ArrayList<>())
                .add(sending);
    }

    private Use use() {
        int tokens = 1 + random.nextInt(2_000);
        boolean late = random.nextDouble() < LATE;
        Instant timestamp = Instant.now()
                .minusMillis(random.nextInt(180_000))
                .minus(late ? 31L * (1 + random.nextInt(LATEST_MONTH)) : 0, ChronoUnit.DAYS)
                .truncatedTo(ChronoUnit.MICROS);
        return new Use(
                new UUID(random.nextLong(), random.nextLong()),
                users.get(random.nextInt(users.size())),
                random.nextBoolean() ? "chat" : "speech",
                tokens,
                random.nextInt(60),
                BigDecimal.valueOf(tokens, 6),
                timestamp);
    }

    /** More was used: whoever counts it instead, or too, has other sums. */
    private static Use contradiction(Use first) {
        return new Use(
                first.id(),
                first.user(),
                first.service(),
                first.tokens() + 10_000,
                first.seconds(),
                first.cost(),
                first.timestamp());
    }

    /** In any order: of what is sent together nothing depends on what comes first. */
    private void sendAll() {
        List<Sending> all = new ArrayList<>(now);
        now.clear();
        Collections.shuffle(all, random);
        all.forEach(this::send);
    }

    private void send(Sending sending) {
        underWay.incrementAndGet();
        var unused = producer.send(record(sending.use()), (taken, refused) -> {
            if (refused == null) {
                confirmed(sending);
            } else {
                unconfirmed.add(sending);
            }
            underWay.decrementAndGet();
        });
    }

    private void confirmed(Sending sending) {
        if (sending.contradicts()) {
            contradictions.put(sending.use().id(), sending.use());
            return;
        }
        accepted.put(sending.use().id(), sending.use());
        if (sending.toBeContradicted()) {
            toContradict.add(sending.use());
        }
    }

    private static ProducerRecord<byte[], byte[]> record(Use use) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(TOPIC, bytes(use.user().toString()), data(use));
        Map.of(
                        "content-type", "application/json",
                        "ce_specversion", "1.0",
                        "ce_id", use.id().toString(),
                        "ce_source", "urn:acceptance",
                        "ce_type", "daftar.usage.recorded.v1")
                .forEach((name, value) -> record.headers().add(name, bytes(value)));
        return record;
    }

    /** A use as it is said, always in the same bytes. */
    static byte[] data(Use use) {
        return bytes("""
                {"user_id": "%s", "session_id": "%s", "service_name": "%s", "tokens_used": %d, "speech_seconds": %d, \
                "cost_usd": "%s", "timestamp": "%s"}""".formatted(
                        use.user(),
                        use.user(),
                        use.service(),
                        use.tokens(),
                        use.seconds(),
                        use.cost().toPlainString(),
                        use.timestamp()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        producer.close(Duration.ofSeconds(5));
    }
}
