package daftar.usage.ingest;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.EventData;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The committed JSON Schema and the parser say the same. */
class UsageEventSchemaTest {

    private static final String SCHEMA = "/events/daftar.usage.recorded.v1.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What every example begins with. */
    private static final String IDS = "\"user_id\":\"6b1f0a54-0000-4000-8000-000000000001\","
            + "\"session_id\":\"6B1F0A54-0000-4000-8000-000000000002\"";

    private final JsonSchema schema = schema();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"service_name\":\"tutor\"",
                "\"service_name\":\"شرح\",\"tokens_used\":0,\"speech_seconds\":2147483647",
                "\"service_name\":\"tutor\",\"timestamp\":\"2026-01-02T03:04:05.123456+02:00\"",
                "\"service_name\":\"tutor\",\"timestamp\":null,\"cost_usd\":null,\"metadata\":null",
                "\"service_name\":\"tutor\",\"cost_usd\":\"9999.999999\"",
                "\"service_name\":\"tutor\",\"metadata\":{\"model\":\"a\",\"deep\":[{}]}",
                "\"service_name\":\"tutor\",\"model\":\"a-1\",\"input_tokens\":3,\"output_tokens\":0",
                "\"service_name\":\"tutor\",\"tokens_used\":3,\"input_tokens\":1,\"output_tokens\":2",
                "\"service_name\":\"tutor\",\"model\":null,\"input_tokens\":null,\"output_tokens\":null",
                "\"service_name\":\"tutor\",\"added_later\":1"
            })
    void bothAccept(String fields) throws IOException {
        String data = "{" + IDS + "," + fields + "}";

        assertEquals(java.util.Set.of(), schema.validate(JSON.readTree(data)));
        assertDoesNotThrow(() -> UsageRecorded.read(event("turn-1", data)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"tokens_used\":1",
                "\"service_name\":\"\"",
                "\"service_name\":\" \"",
                "\"service_name\":\"123456789012345678901234567890123456789012345678901\"",
                "\"service_name\":\"a\\u0000b\"",
                "\"service_name\":7",
                "\"service_name\":\"tutor\",\"tokens_used\":-1",
                "\"service_name\":\"tutor\",\"tokens_used\":2147483648",
                "\"service_name\":\"tutor\",\"tokens_used\":1.5",
                "\"service_name\":\"tutor\",\"tokens_used\":\"1\"",
                "\"service_name\":\"tutor\",\"tokens_used\":null",
                "\"service_name\":\"tutor\",\"speech_seconds\":-1",
                "\"service_name\":\"tutor\",\"timestamp\":\"2026-01-02 03:04:05Z\"",
                "\"service_name\":\"tutor\",\"timestamp\":\"2026-01-02T03:04:05\"",
                "\"service_name\":\"tutor\",\"timestamp\":1790000000",
                "\"service_name\":\"tutor\",\"timestamp\":\"2026-01-02T03:04:60Z\"",
                "\"service_name\":\"tutor\",\"cost_usd\":0.1",
                "\"service_name\":\"tutor\",\"cost_usd\":\"-0.1\"",
                "\"service_name\":\"tutor\",\"cost_usd\":\"0.1234567\"",
                "\"service_name\":\"tutor\",\"cost_usd\":\"10000\"",
                "\"service_name\":\"tutor\",\"model\":\" \"",
                "\"service_name\":\"tutor\",\"model\":1",
                "\"service_name\":\"tutor\",\"input_tokens\":-1,\"output_tokens\":2",
                "\"service_name\":\"tutor\",\"input_tokens\":1.5,\"output_tokens\":2",
                "\"service_name\":\"tutor\",\"metadata\":[]",
                "\"service_name\":\"tutor\",\"user_id\":\"x\"",
                "\"service_name\":\"tutor\",\"user_id\":\"6b1f0a5-40000-4000-8000-000000000001\""
            })
    void bothRefuse(String fields) throws IOException {
        String data = "{" + IDS + "," + fields + "}";

        assertFalse(schema.validate(JSON.readTree(data)).isEmpty(), data);
        assertThrows(Rejection.class, () -> UsageRecorded.read(event("turn-1", data)));
    }

    /** What a schema cannot say. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"input_tokens\":1",
                "\"output_tokens\":1,\"tokens_used\":1",
                "\"input_tokens\":1,\"output_tokens\":1,\"tokens_used\":3",
                "\"input_tokens\":1,\"output_tokens\":0,\"tokens_used\":0",
                "\"input_tokens\":2147483647,\"output_tokens\":1"
            })
    void tokensThatDoNotAddUpAreRefused(String tokens) {
        String data = "{" + IDS + ",\"service_name\":\"tutor\"," + tokens + "}";

        assertThrows(Rejection.class, () -> UsageRecorded.read(event("turn-1", data)));
    }

    /** A producer that upgrades and repeats an old event sends a duplicate, not a conflict. */
    @Test
    void theDigestOfAnEventWithoutTheNewerFieldsIsWhatItAlwaysWas() {
        String data = "{" + IDS + ",\"service_name\":\"tutor\",\"tokens_used\":7,\"speech_seconds\":11,"
                + "\"cost_usd\":\"0.001250\",\"metadata\":{\"a\":1}}";

        UUID digest = UsageRecorded.read(event("turn-1", data)).digest();

        // computed independently (Python), by what the release before there were models took into it
        assertEquals(UUID.fromString("c05dd6d5-5d96-a84d-03fd-6f85b7b1feff"), digest);
        assertNotEquals(
                digest,
                UsageRecorded.read(event("turn-1", data.replace("}}", "},\"model\":\"a\"}")))
                        .digest());
        assertNotEquals(
                digest,
                UsageRecorded.read(event("turn-1", data.replace("}}", "},\"input_tokens\":3,\"output_tokens\":4}")))
                        .digest());
    }

    @Test
    void anIdThatIsAUuidStaysAndAnyOtherIsNamedAfterItsSource() {
        UUID uuid = UUID.randomUUID();
        CloudEvent other = CloudEventBuilder.v1(event("turn-1", "{}"))
                .withSource(URI.create("urn:other"))
                .build();

        assertEquals(uuid, EventData.id(event(uuid.toString(), "{}")));
        assertEquals(
                // computed independently: Python, uuid.uuid5(uuid.NAMESPACE_URL, "urn:test\nturn-1")
                UUID.fromString("dd0a4e1e-90de-5106-aefd-9a338831a34f"), EventData.id(event("turn-1", "{}")));
        assertNotEquals(EventData.id(event("turn-1", "{}")), EventData.id(other));
        assertEquals(5, EventData.id(event("1-1-1-1-1", "{}")).version());
    }

    private static CloudEvent event(String id, String data) {
        return CloudEventBuilder.v1()
                .withId(id)
                .withSource(URI.create("urn:test"))
                .withType(UsageRecorded.TYPE)
                .withTime(OffsetDateTime.parse("2026-01-02T03:04:05Z"))
                .withData("application/json", data.getBytes(StandardCharsets.UTF_8))
                .build();
    }

    private static JsonSchema schema() {
        try (InputStream file = UsageEventSchemaTest.class.getResourceAsStream(SCHEMA)) {
            var config = com.networknt.schema.SchemaValidatorsConfig.builder()
                    .formatAssertionsEnabled(true)
                    .build();
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                    .getSchema(file, config);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
