package daftar.usage.ingest;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends the events of requests to the topic, and says when the broker has all of them, or within 20 seconds that it may not.
 *
 * <p>Kafka's own client and no channel: a channel has a buffer of its own that overflows under many requests, and tries
 * again by itself for longer than a caller waits.
 */
@ApplicationScoped
class UsageEventsProducer {

    private static final Map<String, Object> SETTINGS = Map.of(
            "acks", "all",
            "enable.idempotence", true,
            "linger.ms", 2,
            "batch.size", 65_536,
            "max.block.ms", 5_000,
            "request.timeout.ms", 5_000,
            "delivery.timeout.ms", 10_000);

    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final KafkaProducer<byte[], byte[]> client;

    @Inject
    UsageEventsProducer(@Identifier("default-kafka-broker") Map<String, Object> kafka) {
        Map<String, Object> settings = new HashMap<>(kafka);
        settings.putAll(SETTINGS);
        client = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Sends the records in their order; completes once the broker and its replicas have them all.
     *
     * <p>A failure says that some may not have arrived, not that none has.
     */
    Uni<Void> send(List<ProducerRecord<byte[], byte[]>> records) {
        // beginning to send waits, for the topic's partitions or for room in the client's memory
        return Uni.createFrom()
                .item(() -> begin(records))
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .chain(sent -> Uni.createFrom().completionStage(sent));
    }

    private CompletableFuture<Void> begin(List<ProducerRecord<byte[], byte[]>> records) {
        CompletableFuture<?>[] sent = new CompletableFuture<?>[records.size()];
        for (int i = 0; i < sent.length; i++) {
            CompletableFuture<Void> one = new CompletableFuture<>();
            sent[i] = one;
            var unused = client.send(records.get(i), (arrived, failure) -> {
                if (failure == null) {
                    one.complete(null);
                } else {
                    one.completeExceptionally(failure);
                }
            });
            if (one.isCompletedExceptionally()) {
                return one; // each of the others would wait as long, and in vain
            }
        }
        return CompletableFuture.allOf(sent);
    }

    @PreDestroy
    void close() {
        client.close(LAST_WORDS);
    }
}
