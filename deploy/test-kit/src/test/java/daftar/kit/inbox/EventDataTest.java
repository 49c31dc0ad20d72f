package daftar.kit.inbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.kit.inbox.Effect.Rejection;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.net.URI;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read by hand for its speed is read as the libraries read it. */
class EventDataTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-01-02T03:04:05Z",
                "2026-01-02T03:04:05.1Z",
                "2026-01-02T03:04:05.123456Z",
                "2026-01-02T03:04:05.123456789Z",
                "2024-02-29T23:59:59.999999999Z",
                "0000-01-01T00:00:00Z",
                "2026-01-02T03:04:05.Z",
                "2026-01-02T03:04:05.5+02:00",
                "2026-01-02T03:04Z",
                "2026-01-02t03:04:05z"
            })
    void aTimeIsWhatJavaMakesOfIt(String text) {
        assertEquals(OffsetDateTime.parse(text).toInstant(), data(text).time("at"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-02-29T00:00:00Z",
                "2026-13-01T00:00:00Z",
                "2026-01-02T24:00:00Z",
                "2026-01-02T03:04:60Z",
                "2026-01-02T03:04:05.1234567890Z",
                "2026-01-02T03:04:05",
                "2026-01-02 03:04:05Z",
                "2026-01-02T03:04:0xZ",
                "2026-01-02T03:04:05,1Z",
                "-026-01-02T03:04:05Z"
            })
    void whatJavaTakesForNoTimeIsNone(String text) {
        assertThrows(DateTimeParseException.class, () -> OffsetDateTime.parse(text));
        assertThrows(Rejection.class, () -> data(text).time("at"));
    }

    @Test
    void aMessageInBinaryModeIsWhatTheSdkMakesOfIt() {
        Map<String, String> attributes = attributes();
        attributes.put("ce_time", "2026-01-02T03:04:05.25Z");
        attributes.put("ce_subject", "somebody");
        attributes.put("ce_dataschema", "urn:schema");
        attributes.put("ce_traceparent", "00-a-b-01");
        ConsumerRecord<byte[], byte[]> record = record(attributes);

        CloudEvent expected = KafkaMessageFactory.createReader(record).toEvent();
        CloudEvent read = EventData.read(record);

        for (String name : expected.getAttributeNames()) {
            assertEquals(expected.getAttribute(name), read.getAttribute(name), name);
        }
        assertEquals(expected.getExtensionNames(), read.getExtensionNames());
        assertEquals(expected.getExtension("traceparent"), read.getExtension("traceparent"));
        assertEquals(expected.getTime(), read.getTime());
        assertEquals("{}", new String(read.getData().toBytes(), UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ce_id", "ce_source", "ce_type", "ce_specversion"})
    void aMessageWithoutARequiredAttributeIsNone(String name) {
        Map<String, String> attributes = attributes();
        attributes.remove(name);
        assertThrows(RuntimeException.class, () -> EventData.read(record(attributes)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ce_time=yesterday", "ce_source=not a reference", "ce_Not-a-name=x"})
    void aMessageWithAnAttributeOutOfFormIsNone(String header) {
        Map<String, String> attributes = attributes();
        attributes.put(header.substring(0, header.indexOf('=')), header.substring(header.indexOf('=') + 1));
        assertThrows(
                RuntimeException.class,
                () -> KafkaMessageFactory.createReader(record(attributes)).toEvent());
        assertThrows(RuntimeException.class, () -> EventData.read(record(attributes)));
    }

    private static EventData data(String time) {
        return EventData.of(CloudEventBuilder.v1()
                .withId("a")
                .withSource(URI.create("urn:test"))
                .withType("t")
                .withData("application/json", ("{\"at\":\"" + time + "\"}").getBytes(UTF_8))
                .build());
    }

    private static Map<String, String> attributes() {
        return new TreeMap<>(Map.of(
                "content-type",
                "application/json",
                "ce_specversion",
                "1.0",
                "ce_id",
                "a",
                "ce_source",
                "urn:test",
                "ce_type",
                "t"));
    }

    private static ConsumerRecord<byte[], byte[]> record(Map<String, String> headers) {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("topic", 0, 0, null, "{}".getBytes(UTF_8));
        headers.forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
        return record;
    }
}
