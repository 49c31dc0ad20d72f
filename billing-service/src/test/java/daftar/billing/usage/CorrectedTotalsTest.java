package daftar.billing.usage;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** What usage-service states of corrections changes the totals of the corrected events' days. */
@QuarkusTest
@WithTestResource(TestStack.class)
class CorrectedTotalsTest {

    /** A local day later than in UTC. */
    private static final String TIME = "2026-04-23T22:00:00Z";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String event = UUID.randomUUID().toString();

    @Test
    void aCorrectionChangesTheLocalDayOfItsEventOnceHoweverOftenItComes() {
        String correction = UUID.randomUUID().toString();

        send(List.of(recorded(event, 10), corrected(correction, "adjust", -4), corrected(correction, "adjust", -4)));
        await().until(() -> tokens() == 6);
        send(List.of(
                corrected(correction, "adjust", -4), recorded(UUID.randomUUID().toString(), 1)));

        await().until(() -> tokens() == 7);
        assertEquals(
                List.of(Map.of("day", "2026-04-24", "events", 2L, "tokens_used", 7L)),
                stack.query("billing_owner", """
                        SELECT usage_date::text AS day, events, tokens_used
                        FROM usage_totals WHERE user_id = ?""", user));
    }

    @Test
    void aVoidTakesTheEventAwayToo() {
        send(List.of(recorded(event, 10), corrected(UUID.randomUUID().toString(), "void", -10)));

        await().until(() -> stack.number(
                        "billing_owner",
                        "SELECT count(*) FROM usage_totals WHERE user_id = ? AND events = 0 AND tokens_used = 0",
                        user)
                == 1);
        assertEquals(0, letters());
    }

    @Test
    void oneThatComesBeforeItsEventWaitsAsADeadLetter() {
        send(List.of(corrected(UUID.randomUUID().toString(), "void", -10)));
        await().until(() -> letters() == 1);
        assertEquals("the corrected event has not been added up", reason());
        send(List.of(recorded(event, 10)));
        await().until(() -> tokens() == 10);

        given().auth()
                .oauth2(Tokens.staff("administrator"))
                .contentType("application/json")
                .body("{\"reason\":\"its event has counted\"}")
                .post("/v1/dead-letters/{id}/redrives", letter())
                .then()
                .statusCode(200)
                .body("outcome", equalTo("applied"));

        assertEquals(0, tokens());
    }

    @Test
    void noTotalFallsBelowZero() {
        send(List.of(
                recorded(event, 10),
                corrected(UUID.randomUUID().toString(), "adjust", -11),
                corrected(UUID.randomUUID().toString(), "adjust", -3)));

        await().until(() -> letters() == 1 && tokens() == 7);
        assertEquals("the database refuses it, SQLSTATE 23514", reason());
    }

    @Test
    void whatAnotherServiceStatesIsNoCorrection() {
        ProducerRecord<byte[], byte[]> forged = corrected(UUID.randomUUID().toString(), "void", -10);
        forged.headers().remove("ce_source").add("ce_source", utf8("urn:tutor"));

        send(List.of(recorded(event, 10), forged));

        await().until(() -> letters() == 1 && tokens() == 10);
        assertEquals("corrections are stated by usage-service alone", reason());
    }

    /** As usage-service adds them up: a total that is told in parts is their sum. */
    @Test
    void inputAndOutputAreATotalToo() {
        send(List.of(record(event, "daftar.usage.recorded.v1", "urn:test", """
                {"user_id":"%s","session_id":"%s","service_name":"tutor","model":"a","input_tokens":3,
                 "output_tokens":4,"timestamp":"%s"}""".formatted(user, user, TIME))));

        await().until(() -> tokens() == 7);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
    }

    private long tokens() {
        return stack.number(
                "billing_owner", "SELECT coalesce(sum(tokens_used), 0) FROM usage_totals WHERE user_id = ?", user);
    }

    private long letters() {
        return stack.number(
                "billing_owner", "SELECT count(*) FROM dead_letters WHERE key = ?", (Object) utf8(user.toString()));
    }

    private long letter() {
        return stack.number(
                "billing_owner", "SELECT max(id) FROM dead_letters WHERE key = ?", (Object) utf8(user.toString()));
    }

    private Object reason() {
        return stack.query("billing_owner", "SELECT reason FROM dead_letters WHERE id = ?", letter())
                .get(0)
                .get("reason");
    }

    private ProducerRecord<byte[], byte[]> recorded(String id, int tokens) {
        return record(id, "daftar.usage.recorded.v1", "urn:test", """
                {"user_id":"%s","session_id":"%s","service_name":"tutor","tokens_used":%d,"timestamp":"%s"}""".formatted(user, user, tokens, TIME));
    }

    private ProducerRecord<byte[], byte[]> corrected(String correction, String kind, int tokens) {
        return record(UUID.randomUUID().toString(), UsageCorrected.TYPE, "/daftar/usage", """
                {"correction_id":"%s","event_id":"%s","user_id":"%s","kind":"%s","service_name":"tutor",
                 "timestamp":"%s","events":%d,"tokens_used":%d,"speech_seconds":0,"cost_usd":"-0.000010",
                 "actor":"test","reason":"a wrong meter","recorded_at":"2026-05-03T04:05:06Z"}""".formatted(
                        correction, event, user, kind, TIME, kind.equals("void") ? -1 : 0, tokens));
    }

    private ProducerRecord<byte[], byte[]> record(String id, String type, String source, String data) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>("usage-events", 3, utf8(user.toString()), utf8(data));
        record.headers()
                .add("ce_specversion", utf8("1.0"))
                .add("ce_id", utf8(id))
                .add("ce_source", utf8(source))
                .add("ce_type", utf8(type))
                .add("ce_time", utf8(TIME))
                .add("content-type", utf8("application/json"));
        return record;
    }

    private void send(List<ProducerRecord<byte[], byte[]>> records) {
        try (Topics topics = new Topics(stack)) {
            topics.send(records);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
