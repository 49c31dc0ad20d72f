package daftar.acceptance;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** A tutor service's end of topic {@code usage-events}, and how far the consumers have confirmed it. */
final class UsageStream implements AutoCloseable {

    private static final String TOPIC = "usage-events";

    private final KafkaProducer<byte[], byte[]> producer;
    private final Admin admin;
    private final int partitions;

    UsageStream(LocalSystem system) throws ExecutionException, InterruptedException {
        // what was accepted is sent until the broker has it, however long it is away
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        system.kafka(),
                        "acks",
                        "all",
                        "enable.idempotence",
                        true,
                        "linger.ms",
                        5,
                        "max.block.ms",
                        300_000,
                        "delivery.timeout.ms",
                        300_000),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        admin = Admin.create(Map.of("bootstrap.servers", system.kafka()));
        partitions = admin.describeTopics(java.util.List.of(TOPIC))
                .topicNameValues()
                .get(TOPIC)
                .get()
                .partitions()
                .size();
    }

    /** Sends so many events of one token each, over all partitions, and returns when Kafka has them. */
    void send(UUID user, int events) {
        AtomicReference<Exception> failure = new AtomicReference<>();
        for (int event = 0; event < events; event++) {
            var unused = producer.send(record(event % partitions, UUID.randomUUID(), user, 1), (taken, refused) -> {
                if (refused != null) {
                    failure.set(refused);
                }
            });
        }
        producer.flush();
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
    }

    private static ProducerRecord<byte[], byte[]> record(int partition, UUID id, UUID user, int tokens) {
        String data = """
                {"user_id": "%s", "session_id": "%s", "service_name": "chat", "tokens_used": %d, "speech_seconds": 0}
                """.formatted(user, user, tokens);
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(TOPIC, partition, bytes(user.toString()), bytes(data));
        Map.of(
                        "content-type", "application/json",
                        "ce_specversion", "1.0",
                        "ce_id", id.toString(),
                        "ce_source", "urn:acceptance",
                        "ce_type", "daftar.usage.recorded.v1",
                        "ce_time", Instant.now().toString())
                .forEach((name, value) -> record.headers().add(name, bytes(value)));
        return record;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** How many records of the topic the service has confirmed, since the topic began. */
    long confirmed(String service) throws ExecutionException, InterruptedException {
        return admin
                .listConsumerGroupOffsets(service + "-service")
                .partitionsToOffsetAndMetadata()
                .get()
                .entrySet()
                .stream()
                .filter(offset -> offset.getKey().topic().equals(TOPIC))
                .mapToLong(offset -> confirmed(offset.getValue()))
                .sum();
    }

    private static long confirmed(OffsetAndMetadata offset) {
        return offset == null ? 0 : offset.offset();
    }

    /** Waits until the service has confirmed all that lies in the topic, for a minute at most. */
    void awaitConfirmed(String service) throws ExecutionException, InterruptedException {
        awaitConfirmed(service, Duration.ofSeconds(60));
    }

    /** The same with another limit. */
    void awaitConfirmed(String service, Duration limit) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> ends = java.util.stream.IntStream.range(0, partitions)
                .boxed()
                .collect(Collectors.toMap(
                        partition -> new TopicPartition(TOPIC, partition), partition -> OffsetSpec.latest()));
        long end = admin.listOffsets(ends).all().get().values().stream()
                .mapToLong(partition -> partition.offset())
                .sum();
        Awaitility.await(service + " has confirmed " + end)
                .atMost(limit)
                .ignoreExceptions()
                .until(() -> confirmed(service) == end);
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
        admin.close(Duration.ofSeconds(5));
    }
}
