package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.DEAD_LETTERS;
import static daftar.usage.ingest.UsageEvents.TOPIC;
import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static daftar.usage.ingest.UsageEvents.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UsageEventsConsumerTest {

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();

    @Test
    void writesEveryFieldOfAnEventIntoItsColumn() {
        UUID id = UUID.randomUUID();
        UUID session = UUID.randomUUID();
        String json = """
                {"user_id":"%s","session_id":"%s","service_name":"speech","tokens_used":7,"speech_seconds":11,
                 "timestamp":"2026-01-02T05:04:05.123456789+02:00","cost_usd":"0.001250","metadata":{"model":"a","n":[1]},
                 "added_later":true}""".formatted(user, session);

        send(record(null, id.toString(), user, json));

        await().until(() -> events.rows(user) == 1);
        Map<String, Object> row = stack.query("usage_owner", """
                        SELECT id, session_id, service_name, tokens_used, speech_seconds,
                               "timestamp"::text AS "timestamp", cost_usd, metadata::text AS metadata
                        FROM usage_logs WHERE user_id = ?""", user).get(0);
        assertEquals(
                Map.of(
                        "id",
                        id,
                        "session_id",
                        session,
                        "service_name",
                        "speech",
                        "tokens_used",
                        7,
                        "speech_seconds",
                        11,
                        "timestamp",
                        "2026-01-02 03:04:05.123456",
                        "cost_usd",
                        new BigDecimal("0.001250"),
                        "metadata",
                        "{\"n\": [1], \"model\": \"a\"}"),
                row);
    }

    @Test
    void takesTheEnvelopesTimeAndZeroWhereTheDataHasNone() {
        String json = """
                {"user_id":"%s","session_id":"%s","service_name":"chat"}""".formatted(user, user);

        send(record(null, UUID.randomUUID().toString(), user, json));

        await().until(() -> events.rows(user) == 1);
        Map<String, Object> row = stack.query("usage_owner", """
                        SELECT tokens_used, speech_seconds, cost_usd, "timestamp"::text AS "timestamp"
                        FROM usage_logs WHERE user_id = ?""", user).get(0);
        assertEquals(
                Map.of(
                        "tokens_used",
                        0,
                        "speech_seconds",
                        0,
                        "cost_usd",
                        new BigDecimal("0.000000"),
                        "timestamp",
                        "2026-01-02 03:04:05"),
                row);
    }

    @Test
    void countsAnEventOnceThatIsSentTenTimesInOneBatchAndInOthersAndOnAnotherPartition() {
        String id = UUID.randomUUID().toString();
        List<ProducerRecord<byte[], byte[]>> same = IntStream.range(0, 8)
                .mapToObj(i -> record(0, id, user, data(user, 5)))
                .toList();

        send(same);
        await().until(() -> events.rows(user) == 1);
        send(record(0, id, user, data(user, 5)));
        send(record(1, id, user, data(user, 5)));
        settle();

        assertEquals(1, events.rows(user));
        assertEquals(5, events.tokens(user));
    }

    @Test
    void countsAnIdOnceWhateverItsTime() {
        String id = UUID.randomUUID().toString();

        send(record(0, id, user, data(user, 5, "2026-01-02T00:00:00Z")));
        await().until(() -> events.rows(user) == 1);
        send(record(0, id, user, data(user, 5, "2026-03-04T00:00:00Z")));

        settle();

        assertEquals(1, events.rows(user));
    }

    @Test
    void tellsEventsApartBySourceAndIdWhereTheIdIsNoUuid() {
        ProducerRecord<byte[], byte[]> otherSource = record(0, "turn-1", user, data(user, 1));
        otherSource.headers().remove("ce_source").add("ce_source", utf8("urn:other:" + user));
        String ownId = "turn-" + user;

        send(List.of(
                record(0, ownId, user, data(user, 1)),
                record(0, ownId, user, data(user, 1)),
                record(0, ownId + "-2", user, data(user, 1)),
                otherSource));
        settle();

        assertEquals(3, events.rows(user));
    }

    @Test
    void takesAStructuredEventToo() {
        String id = UUID.randomUUID().toString();
        String json = """
                {"specversion":"1.0","id":"%s","source":"urn:test","type":"%s","datacontenttype":"application/json",
                 "data":%s}""".formatted(id, UsageRecorded.TYPE, data(user, 3));
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(TOPIC, utf8(user.toString()), utf8(json));
        record.headers().add("content-type", utf8("application/cloudevents+json; charset=UTF-8"));

        send(record);

        await().until(() -> events.tokens(user) == 3);
    }

    @Test
    void makesThePartitionOfALateEventsMonth() {
        Instant fourYearsAgo = Instant.parse("2022-12-31T23:59:59.999999Z");

        send(record(0, UUID.randomUUID().toString(), user, data(user, 1, fourYearsAgo.toString())));

        await().until(() -> events.rows(user) == 1);
        assertEquals(
                "usage_logs_y2022m12",
                stack.query(
                                "usage_owner",
                                "SELECT tableoid::regclass::text AS partition FROM usage_logs WHERE user_id = ?",
                                user)
                        .get(0)
                        .get("partition"));
    }

    static List<Arguments> refused() {
        UUID user = UUID.randomUUID();
        String good = data(user, 1);
        return List.of(
                Arguments.of("unknown user", utf8(good)),
                Arguments.of("tokens_used is not a whole number", utf8(good.replace(":1,", ":-1,"))),
                Arguments.of("the data is no valid JSON", utf8("{\"user_id\":")),
                Arguments.of("the data is no valid JSON", new byte[] {(byte) 0xff, 0, 1}),
                Arguments.of("the data is no JSON object", utf8("[]")),
                Arguments.of("service_name is not a text", utf8(good.replace("tutor", "a\\u0000b"))),
                Arguments.of("timestamp is no RFC 3339 time", utf8(good.replace("Z\"", "\""))),
                Arguments.of("timestamp is older than P5Y", utf8(good.replace("2026-01", "1999-01"))),
                Arguments.of("in the future", utf8(good.replace("2026-01", "2126-01"))),
                Arguments.of("metadata is no object", utf8(good.replace("}", ",\"metadata\":[]}"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void keepsWhatItRefusesInTableAndTopicWithItsBytesAndItsReasonAndGoesOn(String reason, byte[] value) {
        String id = UUID.randomUUID().toString();
        byte[] key = utf8(id);

        send(List.of(record(2, id, key, value), record(2, UUID.randomUUID().toString(), user, data(user, 1))));

        await().until(() -> events.rows(user) == 1);
        await().until(() -> letters(key).size() == 1);
        Map<String, Object> kept = letters(key).get(0);
        assertTrue(kept.get("reason").toString().contains(reason), () -> "reason: " + kept.get("reason"));
        assertArrayEquals(value, (byte[]) kept.get("value"));
        ConsumerRecord<byte[], byte[]> published = published(key);
        assertArrayEquals(value, published.value());
        assertEquals(kept.get("reason"), header(published, "dead-letter-reason"));
        assertEquals(id, header(published, "ce_id"));
    }

    @Test
    void keepsRecordsThatAreNoEventsAtAllAndGoesOn() {
        byte[] key = utf8(UUID.randomUUID().toString());

        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        records.add(new ProducerRecord<>(TOPIC, 3, key, utf8("not an event")));
        records.add(new ProducerRecord<>(TOPIC, 3, key, null));
        for (String structured : List.of("no json", "[]", "{}", "{\"specversion\":\"1.0\",\"time\":\"yesterday\"}")) {
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(TOPIC, 3, key, utf8(structured));
            record.headers().add("content-type", utf8("application/cloudevents+json"));
            records.add(record);
        }
        records.add(record(3, UUID.randomUUID().toString(), user, data(user, 1)));

        send(records);

        await().until(() -> events.rows(user) == 1);
        await().until(() -> letters(key).size() == 6);
        assertEquals(
                6,
                letters(key).stream()
                        .filter(row -> row.get("reason").toString().contains("CloudEvents"))
                        .count());
    }

    @Test
    void findsTheOneRecordThatTheDatabaseRefusesAndWritesTheRest() {
        UUID poison = UUID.randomUUID();
        byte[] key = utf8(poison.toString());
        List<ProducerRecord<byte[], byte[]>> batch = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            batch.add(record(4, UUID.randomUUID().toString(), user, data(user, 1)));
        }
        batch.add(7, record(4, poison.toString(), key, utf8(data(user, 1))));
        // nothing that can be read is refused today: a later constraint would be, and this one stands for it
        stack.execute(
                "usage_owner",
                "ALTER TABLE usage_event_keys ADD CONSTRAINT poison CHECK (id <> '" + poison + "') NOT VALID");
        try {
            send(batch);

            await().until(() -> events.rows(user) + letters(key).size() == 21);
            assertEquals(20, events.tokens(user));
            assertEquals(
                    "the database refuses it, SQLSTATE 23514",
                    letters(key).get(0).get("reason"));
        } finally {
            stack.execute("usage_owner", "ALTER TABLE usage_event_keys DROP CONSTRAINT poison");
        }
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        send(List.of(record));
    }

    private void send(List<ProducerRecord<byte[], byte[]>> records) {
        try (Topics topics = new Topics(stack)) {
            topics.send(records);
        }
    }

    /** Sends one more event on every partition and waits for all: whatever was sent before has been consumed. */
    private void settle() {
        UUID last = stack.newUser();
        send(IntStream.range(0, 6)
                .mapToObj(partition -> record(partition, UUID.randomUUID().toString(), last, data(last, 1)))
                .toList());
        await().until(() -> events.rows(last) == 6);
    }

    private List<Map<String, Object>> letters(byte[] key) {
        return stack.query("usage_owner", "SELECT reason, value FROM dead_letters WHERE key = ?", (Object) key);
    }

    /** The topic has it a moment after the table. */
    private ConsumerRecord<byte[], byte[]> published(byte[] key) {
        try (Topics topics = new Topics(stack)) {
            return await().until(
                            () -> topics.read(DEAD_LETTERS).stream()
                                    .filter(record -> Arrays.equals(key, record.key()))
                                    .findFirst(),
                            Optional::isPresent)
                    .orElseThrow();
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
