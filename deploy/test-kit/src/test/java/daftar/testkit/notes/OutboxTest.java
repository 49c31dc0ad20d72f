package daftar.testkit.notes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.kit.outbox.Outbox;
import daftar.kit.position.Writes;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What becomes of an event that is written with its fact. */
@QuarkusTest
@WithTestResource(TestStack.class)
class OutboxTest {

    private static final String TOPIC = "user-events";
    private static final String TYPE = "daftar.notes.written.v1";
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678901Z");

    private final Stack stack = Stack.current();
    private final UUID user = UUID.randomUUID();
    private final Writes writes;
    private final Outbox outbox;
    private final ObjectMapper json;

    @Inject
    OutboxTest(Writes writes, Outbox outbox, ObjectMapper json) {
        this.writes = writes;
        this.outbox = outbox;
        this.json = json;
    }

    @Test
    void publishesACloudEventInBinaryMode() throws IOException {
        write(written(1));

        ConsumerRecord<byte[], byte[]> record = published(1).get(0);
        assertEquals(user.toString(), text(record.key()));
        assertEquals(json.readTree("{\"number\":1}"), json.readTree(record.value()));
        Map<String, String> headers = headers(record);
        assertEquals(UUID.fromString(headers.remove("ce_id")).toString(), id(record));
        assertTrue(headers.remove("ce_sequence").matches("[0-9]{19}"));
        assertEquals(
                Map.of(
                        "ce_specversion", "1.0",
                        "ce_source", "/daftar/consent",
                        "ce_type", TYPE,
                        "ce_time", "2026-01-02T03:04:05.678901Z",
                        "content-type", "application/json"),
                headers);
    }

    @Test
    void publishesNoDataAsATombstone() {
        write(written(1));
        write(new Outbox.Event(TOPIC, user, TYPE, TIME, null));

        ConsumerRecord<byte[], byte[]> tombstone = published(2).get(1);
        assertNull(tombstone.value());
        assertEquals(user.toString(), text(tombstone.key()));
        assertEquals(TYPE, headers(tombstone).get("ce_type"));
    }

    @Test
    void publishesNothingOfWhatIsRolledBack() {
        writes.writeSql(connection -> outbox.append(connection, List.of(written(1)))
                        .chain(() -> Uni.createFrom().failure(new IllegalStateException("no"))))
                .onFailure()
                .recoverWithNull()
                .await()
                .atMost(Duration.ofSeconds(10));
        write(written(2));

        assertEquals("{\"number\": 2}", text(published(1).get(0).value()));
    }

    @Test
    void keepsTheOrderOfOneTransaction() {
        write(IntStream.range(0, 50).mapToObj(this::written).toArray(Outbox.Event[]::new));

        List<ConsumerRecord<byte[], byte[]>> records = published(50);
        assertEquals(
                IntStream.range(0, 50)
                        .mapToObj(number -> "{\"number\": " + number + "}")
                        .toList(),
                records.stream().map(record -> text(record.value())).toList());
        for (int i = 1; i < records.size(); i++) {
            String before = headers(records.get(i - 1)).get("ce_sequence");
            assertTrue(before.compareTo(headers(records.get(i)).get("ce_sequence")) < 0);
            assertNotEquals(id(records.get(i - 1)), id(records.get(i)));
        }
    }

    @Test
    void keepsEventsWhileTheBrokerIsAway() {
        stack.kafka().stop();
        try {
            IntStream.range(0, 20).forEach(number -> write(written(number)));
        } finally {
            stack.kafka().start();
        }

        assertEquals(
                IntStream.range(0, 20)
                        .mapToObj(number -> "{\"number\": " + number + "}")
                        .toList(),
                published(20).stream()
                        .map(record -> text(record.value()))
                        .distinct()
                        .toList());
    }

    private void write(Outbox.Event... events) {
        writes.writeSql(connection -> outbox.append(connection, List.of(events)))
                .await()
                .atMost(Duration.ofSeconds(10));
    }

    private Outbox.Event written(int number) {
        return new Outbox.Event(TOPIC, user, TYPE, TIME, Map.of("number", number));
    }

    /** This test's events, once there are so many. */
    private List<ConsumerRecord<byte[], byte[]>> published(int count) {
        try (Topics topics = new Topics(stack)) {
            return Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(
                            () -> topics.read(TOPIC).stream()
                                    .filter(record -> user.toString().equals(text(record.key())))
                                    .toList(),
                            records -> records.size() >= count);
        }
    }

    private static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
        Map<String, String> headers = new TreeMap<>();
        StreamSupport.stream(record.headers().spliterator(), false)
                .forEach(header -> headers.put(header.key(), text(header.value())));
        return headers;
    }

    private static String id(ConsumerRecord<byte[], byte[]> record) {
        return headers(record).get("ce_id");
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
