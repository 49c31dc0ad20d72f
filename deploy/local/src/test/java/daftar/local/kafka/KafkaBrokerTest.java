package daftar.local.kafka;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.TestFolder;
import daftar.local.process.Loopback;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KafkaBrokerTest {
    private static Path folder;
    private static KafkaBroker broker;

    @BeforeAll
    static void startBroker() {
        folder = TestFolder.fresh("kafka");
        List<Integer> ports = Loopback.freePorts(2);
        broker = new KafkaBroker(
                Installation.find(),
                new KafkaBroker.Options(
                        folder.resolve("data"), folder.resolve("logs"), ports.get(0), ports.get(1), 256));
        broker.start();
        broker.createTopics();
    }

    @AfterAll
    static void stopBroker() {
        broker.stop();
        assertFalse(broker.isRunning());
        TestFolder.delete(folder);
    }

    @Test
    void createsThePlatformsTopicsOnce() throws Exception {
        broker.createTopics();
        try (Admin admin = broker.admin()) {
            Set<String> expected = Set.of(
                    "usage-events",
                    "usage-events.usage.dead-letter",
                    "usage-events.billing.dead-letter",
                    "user-events",
                    "consent-events",
                    "consent-events.analytics.dead-letter",
                    "consent-events.usage.dead-letter",
                    "consent-events.billing.dead-letter",
                    "mastery-events",
                    "subscription-events",
                    "subscription-events.usage.dead-letter",
                    "usage-alerts");
            assertEquals(
                    new TreeSet<>(expected),
                    new TreeSet<>(admin.listTopics().names().get(10, TimeUnit.SECONDS)));
            assertEquals(
                    6,
                    admin.describeTopics(List.of("usage-events"))
                            .allTopicNames()
                            .get(10, TimeUnit.SECONDS)
                            .get("usage-events")
                            .partitions()
                            .size());
        }
    }

    @Test
    void refusesATopicThatNobodyDeclared() {
        try (KafkaProducer<String, String> producer = producer()) {
            ExecutionException refused = assertThrows(
                    ExecutionException.class,
                    () -> producer.send(new ProducerRecord<>("misspelt", "value"))
                            .get());
            assertTrue(refused.getCause() instanceof TimeoutException, refused::toString);
        }
    }

    @Test
    void keepsAcknowledgedMessagesWhenKilled() throws Exception {
        TopicPartition partition = new TopicPartition("usage-events", 3);
        try (KafkaProducer<String, String> producer = producer()) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), "key", "message " + i))
                        .get();
            }
        }
        broker.kill();
        assertFalse(broker.isRunning());
        broker.start();
        Set<String> received = new TreeSet<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (received.size() < 100 && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(message -> received.add(message.value()));
            }
        }
        assertEquals(100, received.size());
    }

    private static KafkaProducer<String, String> producer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "acks", "all", "max.block.ms", "2000"),
                new StringSerializer(),
                (topic, value) -> value.getBytes(StandardCharsets.UTF_8));
    }
}
