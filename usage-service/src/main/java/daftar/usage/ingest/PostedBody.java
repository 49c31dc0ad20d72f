package daftar.usage.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import daftar.kit.inbox.Effect;
import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.Inbox;
import daftar.kit.problem.Problem;
import daftar.usage.ingest.PostedEvent.Refused;
import daftar.usage.ingest.PostedEvent.Valid;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.data.BytesCloudEventData;
import io.cloudevents.jackson.JsonCloudEventData;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/**
 * The body of a request with usage events. Each is made the record that the topic would get, and that record is read as
 * the topic's are: what is taken here can be read there, and has the same digest.
 */
final class PostedBody {

    /** Most events of one request. */
    static final int MOST = 1_000;

    /** CloudEvents' JSON format has a body of one event, and one of an array of them. */
    static final String SINGLE = "application/cloudevents+json";

    /** An array of events in CloudEvents' JSON format. */
    static final String BATCH = "application/cloudevents-batch+json";

    /** What every consumer of CloudEvents should take, by the specification's section on size limits. */
    private static final int LARGEST_RECORD = 64 * 1024;

    /** With fractions as they were written, as {@link daftar.kit.inbox.EventData} has them. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .addModule(JsonFormat.getCloudEventJacksonModule())
            .build();

    private static final List<String> REQUIRED = List.of("specversion", "id", "source", "type");

    private PostedBody() {}

    /**
     * Reads a request's body: all its events, in order.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 400 when it is no JSON or not of the media type's form, 422 when
     *     it has no event or more than {@link #MOST}
     */
    static List<PostedEvent> read(byte[] body, boolean batch, Effect<UsageEvent> effect) {
        JsonNode json = json(body);
        if (batch ? !json.isArray() : !json.isObject()) {
            throw Problem.MALFORMED_REQUEST.because(
                    batch ? "The body is no array of events." : "The body is no event, which is an object.");
        }
        if (batch && (json.isEmpty() || json.size() > MOST)) {
            throw Problem.INVALID_INPUT.because(
                    "See errors for what is wrong and where.",
                    List.of(new Problem.FieldError("", "must have 1 to " + MOST + " events")));
        }
        List<PostedEvent> events = new ArrayList<>();
        (batch ? json : List.of(json)).forEach(item -> events.add(event(item, effect)));
        return events;
    }

    private static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException noJson) {
            throw Problem.MALFORMED_REQUEST.because("The body is no valid JSON.");
        }
    }

    private static PostedEvent event(JsonNode item, Effect<UsageEvent> effect) {
        String id = item.path("id").textValue();
        try {
            ProducerRecord<byte[], byte[]> record = record(item);
            ConsumerRecord<byte[], byte[]> arriving =
                    new ConsumerRecord<>(record.topic(), 0, 0, record.key(), record.value());
            record.headers().forEach(arriving.headers()::add);
            if (Inbox.read(effect, arriving) instanceof UsageRecorded usage) {
                return new Valid(id, usage, record);
            }
            throw new Rejection("the event's type is not " + UsageRecorded.TYPE);
        } catch (Rejection rejection) {
            return new Refused(id, rejection);
        }
    }

    private static ProducerRecord<byte[], byte[]> record(JsonNode item) {
        if (!item.isObject()) {
            throw new Rejection("the event is no object");
        }
        for (String attribute : REQUIRED) {
            if (!item.path(attribute).isTextual()) {
                throw new Rejection("the event's " + attribute + " is missing or no text");
            }
        }
        ProducerRecord<byte[], byte[]> record = KafkaMessageFactory.createWriter("usage-events", (byte[]) null)
                .writeBinary(withBytes(cloudEvent(item)));
        int size = record.value() == null ? 0 : record.value().length;
        for (Header header : record.headers()) {
            size += header.key().length() + header.value().length;
        }
        if (size > LARGEST_RECORD) {
            throw new Rejection("the event is larger than 64 KiB");
        }
        return record;
    }

    private static CloudEvent cloudEvent(JsonNode item) {
        try {
            return JSON.treeToValue(item, CloudEvent.class);
        } catch (JsonProcessingException | RuntimeException unreadable) {
            // the format has many exceptions, and no type in common
            throw new Rejection("the event is no CloudEvents 1.0 event");
        }
    }

    /** Half of a surrogate pair would become a question mark if the event itself made its data bytes; so it is refused. */
    private static CloudEvent withBytes(CloudEvent event) {
        if (!(event.getData() instanceof JsonCloudEventData data)) {
            return event;
        }
        try {
            return CloudEventBuilder.from(event)
                    .withData(BytesCloudEventData.wrap(JSON.writeValueAsBytes(data.getNode())))
                    .build();
        } catch (JsonProcessingException unwritable) {
            throw new Rejection("the data is no valid JSON");
        }
    }
}
