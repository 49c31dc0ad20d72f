package daftar.testkit;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes to and reads from the stack's broker with the plain clients, as any producer would. */
public final class Topics implements AutoCloseable {

    private final String bootstrapServers;
    private final KafkaProducer<byte[], byte[]> producer;

    /** Opens a producer with acks=all. */
    public Topics(Stack stack) {
        this.bootstrapServers = stack.kafka().bootstrapServers();
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** Sends a CloudEvent in binary mode, keyed by the user, and waits until the broker has it. */
    public void sendEvent(String topic, String type, String id, UUID userId, String json) {
        send(List.of(event(topic, type, id, userId, json)));
    }

    /**
     * Sends a child's consent state as consent tells it, and waits until the broker has it.
     *
     * @param json the data; null makes a tombstone
     */
    public void sendConsentState(UUID userId, long sequence, String json) {
        sendState("consent-events", "daftar.consent.state.v1", userId, sequence, json);
    }

    /**
     * Sends a state as a service's outbox tells it, and waits until the broker has it.
     *
     * @param json the data; null makes a tombstone
     */
    public void sendState(String topic, String type, UUID userId, long sequence, String json) {
        ProducerRecord<byte[], byte[]> record =
                event(topic, type, UUID.randomUUID().toString(), userId, json);
        record.headers().add("ce_sequence", utf8(String.format(Locale.ROOT, "%019d", sequence)));
        send(List.of(record));
    }

    private static ProducerRecord<byte[], byte[]> event(
            String topic, String type, String id, UUID userId, String json) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, utf8(userId.toString()), json == null ? null : utf8(json));
        record.headers()
                .add("ce_specversion", utf8("1.0"))
                .add("ce_id", utf8(id))
                .add("ce_source", utf8("urn:test"))
                .add("ce_type", utf8(type))
                .add("ce_time", utf8("2026-01-02T03:04:05Z"))
                .add("content-type", utf8("application/json"));
        return record;
    }

    /** Sends records as they are and waits until the broker has them all. */
    public void send(List<ProducerRecord<byte[], byte[]>> records) {
        try {
            for (var sent : records.stream().map(producer::send).toList()) {
                sent.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Everything that lies in the topic at this moment. */
    public List<ConsumerRecord<byte[], byte[]>> read(String topic) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        producer.close();
    }
}
