package daftar.usage.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.kit.inbox.Effect;
import daftar.usage.ingest.PostedEvent.Refused;
import daftar.usage.ingest.PostedEvent.Valid;
import io.cloudevents.CloudEvent;
import io.quarkiverse.resteasy.problem.HttpProblem;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be read of a request's body, and how its events go on. */
class PostedBodyTest {

    private static final UUID USER = UUID.fromString("11111111-2222-4333-8444-555555555555");
    private static final String DATA = UsageEvents.data(USER, 7);
    private static final Effect<UsageEvent> EFFECT = new Effect<>() {
        @Override
        public String topic() {
            return UsageEvents.TOPIC;
        }

        @Override
        public UsageRecorded read(CloudEvent event) {
            return UsageRecorded.read(event);
        }

        @Override
        public Uni<List<DeadLetter>> apply(List<Received<UsageEvent>> batch) {
            throw new AssertionError("what is posted is read, and nothing more");
        }
    };

    @Test
    void anEventBecomesTheRecordThatAProducerOfTheTopicWouldSend() {
        Valid event = (Valid) one(event("\"a\"", DATA));

        assertEquals("a", event.id());
        assertEquals(7, event.event().tokensUsed());
        assertEquals(DATA, new String(event.record().value(), StandardCharsets.UTF_8));
        assertEquals("a", header(event, "ce_id"));
        assertEquals("urn:test", header(event, "ce_source"));
        assertEquals(UsageRecorded.TYPE, header(event, "ce_type"));
        assertEquals("1.0", header(event, "ce_specversion"));
        assertEquals(UsageEvents.TIME, header(event, "ce_time"));
    }

    @Test
    void fractionsAndLettersKeepWhatWasWrittenAndFieldsComeByName() {
        String data =
                DATA.replace("}", ",\"metadata\":{\"temperature\":1.10,\"name\":\"\u0645\u0646\u0649 \ud83d\ude42\"}}");

        Valid event = (Valid) one(event("\"a\"", data));

        assertEquals(
                "{\"name\":\"\u0645\u0646\u0649 \ud83d\ude42\",\"temperature\":1.10}",
                event.event().metadata());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"tokens_used\":7 | \"tokens_used\":-7 | /data/tokens_used | tokens_used is not a whole number from 0 to 2147483647",
                "\"tokens_used\":7 | \"cost_usd\":0.1 | /data/cost_usd | cost_usd is not decimal text with at most 4 digits before and 6 after the point",
                "\"user_id\" | \"user\" | /data/user_id | user_id is missing or no text",
                "\"tutor\" | \"\\ud800\" | /data/service_name | service_name is not a text of 1 to 50 characters",
                "\"urn:test\" | 1 | '' | the event's source is missing or no text",
                "\"1.0\" | \"9.9\" | '' | the event is no CloudEvents 1.0 event",
                "\"urn:test\" | \"urn:test\",\"No_Name\":1 | '' | the event is no CloudEvents 1.0 event",
                ".recorded.v1 | .recorded.v9 | '' | the event's type is not daftar.usage.recorded.v1",
                "\"a\" | \" \" | '' | the event's id is empty",
                "\"datacontenttype\":\"application/json\" | \"datacontenttype\":\"application/cloudevents+json\" | '' | the record is no CloudEvents 1.0 message"
            })
    void whatCanHaveNoEffectIsRefusedWithItsReasonAndPlace(String what, String by, String pointer, String reason) {
        Refused refused = (Refused) one(event("\"a\"", DATA).replace(what, by));

        assertEquals(reason, refused.rejection().getMessage());
        assertEquals(pointer, refused.rejection().pointer());
    }

    @Test
    void anEventOfMoreThan64KibibytesIsRefused() {
        String data = DATA.replace("}", ",\"of_a_later_version\":\"" + "x".repeat(65_536) + "\"}");

        assertEquals(
                "the event is larger than 64 KiB",
                ((Refused) one(event("\"a\"", data))).rejection().getMessage());
    }

    @Test
    void anItemThatIsNoEventIsRefusedAndTheOthersAreRead() {
        List<PostedEvent> events = read("[1, null, [], " + event("\"a\"", DATA) + ", {\"id\":2}]", true);

        assertEquals(
                List.of(Refused.class, Refused.class, Refused.class, Valid.class, Refused.class),
                events.stream().map(Object::getClass).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no JSON", "{}", "1", "null", "[", "[] []", "[1,]", "\"text\""})
    void aBodyThatIsNoArrayIsMalformed(String body) {
        assertEquals(
                400, assertThrows(HttpProblem.class, () -> read(body, true)).getStatusCode());
    }

    @Test
    void anArrayIsNoSingleEvent() {
        assertEquals(
                400, assertThrows(HttpProblem.class, () -> read("[]", false)).getStatusCode());
    }

    @Test
    void aBatchHasOneToAThousandEvents() {
        assertEquals(
                422, assertThrows(HttpProblem.class, () -> read("[]", true)).getStatusCode());
        assertEquals(
                422,
                assertThrows(
                                HttpProblem.class,
                                () -> read(Collections.nCopies(1001, 1).toString(), true))
                        .getStatusCode());
        assertEquals(1000, read(Collections.nCopies(1000, 1).toString(), true).size());
    }

    /** Sizes of real events: ids, six fields and some metadata, not the largest that is allowed. */
    @Test
    void aThousandRealEventsFitIntoTheLargestBody() {
        String data = DATA.replace(
                "}", ",\"metadata\":{\"model\":\"a-model-name-2026-01-02\",\"note\":\"" + "x".repeat(300) + "\"}}");
        String body = Collections.nCopies(1000, event("\"" + UUID.randomUUID() + "\"", data))
                .toString();

        assertEquals(true, body.length() < 1024 * 1024, () -> body.length() + " bytes");
    }

    static String event(String id, String data) {
        return """
                {"specversion":"1.0","id":%s,"source":"urn:test","type":"%s","time":"%s","datacontenttype":"application/json","data":%s}""".formatted(id, UsageRecorded.TYPE, UsageEvents.TIME, data);
    }

    private static PostedEvent one(String event) {
        return read(event, false).get(0);
    }

    private static List<PostedEvent> read(String body, boolean batch) {
        return PostedBody.read(body.getBytes(StandardCharsets.UTF_8), batch, EFFECT);
    }

    private static String header(Valid event, String name) {
        Header header = event.record().headers().lastHeader(name);
        return new String(header.value(), StandardCharsets.UTF_8);
    }
}
