package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static daftar.usage.ingest.UsageEvents.utf8;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import daftar.usage.correction.UsageCorrected;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Corrections as they come from the topic: again after a crash, or to a book that was restored to a time before them. */
@QuarkusTest
@WithTestResource(TestStack.class)
class CorrectedEventsTest {

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();
    private final String event = UUID.randomUUID().toString();

    @Test
    void aCorrectionThatTheBookLacksIsAppliedOnceHoweverOftenItComes() {
        String correction = UUID.randomUUID().toString();

        send(List.of(recorded(10), corrected(correction, "adjust", -4), corrected(correction, "adjust", -4)));
        await().until(() -> tokens() == 6);
        send(List.of(
                corrected(correction, "adjust", -4), corrected(UUID.randomUUID().toString(), "void", -6)));

        await().until(() -> tokens() == 0);
        assertEquals(2, corrections());
        assertEquals(0, letters());
        assertEquals(10, events.tokens(user));
    }

    /** The event comes back through the topic, after it was applied where it was stated. */
    @Test
    void oneThatWasStatedHereChangesNothingWhenItComesBack() {
        send(List.of(recorded(10)));
        await().until(() -> tokens() == 10);
        given().auth()
                .oauth2(Tokens.staff("support"))
                .contentType("application/json")
                .body("{\"event_id\":\"" + event + "\",\"kind\":\"adjust\",\"tokens_used\":-4,\"reason\":\"x\"}")
                .post("/v1/users/{user_id}/usage/corrections", user)
                .then()
                .statusCode(201);
        Published.events(stack, "usage-events", user, 2);

        settle();

        assertEquals(6, tokens());
        assertEquals(0, letters());
    }

    @Test
    void twoCorrectionsOfOneBatchAreJudgedOneAfterTheOther() {
        send(List.of(
                recorded(10),
                corrected(UUID.randomUUID().toString(), "adjust", -6),
                corrected(UUID.randomUUID().toString(), "adjust", -6)));

        await().until(() -> letters() == 1);
        assertEquals(4, tokens());
        assertEquals("the corrected amounts would be below zero or too large", reason());
    }

    @Test
    void oneThatComesBeforeItsEventWaitsAsADeadLetter() {
        send(List.of(corrected(UUID.randomUUID().toString(), "void", -10)));
        await().until(() -> letters() == 1);
        assertEquals("the corrected event has not counted", reason());
        send(List.of(recorded(10)));
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
    void aSecondVoidAnotherUsersAndOneOfOtherAmountsAreRefusedWithTheirReasons() {
        send(List.of(recorded(10), corrected(UUID.randomUUID().toString(), "void", -9)));
        await().until(() -> letters() == 1);
        assertEquals("the correction does not take away what counted", reason());

        ProducerRecord<byte[], byte[]> another = corrected(UUID.randomUUID().toString(), "void", -10);
        send(List.of(new ProducerRecord<>(
                another.topic(),
                another.partition(),
                another.key(),
                utf8(text(another).replace("\"user_id\":\"" + user, "\"user_id\":\"" + UUID.randomUUID())),
                another.headers())));
        await().until(() -> letters() == 2);
        assertEquals("the corrected event is another user's", reason());

        send(List.of(
                corrected(UUID.randomUUID().toString(), "void", -10),
                corrected(UUID.randomUUID().toString(), "void", -10)));
        await().until(() -> letters() == 3);
        assertEquals("the corrected event was voided before", reason());
        assertEquals(0, tokens());
    }

    @Test
    void whatAnotherServiceStatesIsNoCorrection() {
        ProducerRecord<byte[], byte[]> forged = corrected(UUID.randomUUID().toString(), "void", -10);
        forged.headers().remove("ce_source").add("ce_source", utf8("urn:tutor"));

        send(List.of(recorded(10), forged));

        await().until(() -> letters() == 1);
        assertEquals("corrections are stated by usage-service alone", reason());
        await().until(() -> tokens() == 10);
    }

    private long tokens() {
        return stack.number("usage_owner", """
                SELECT coalesce(sum(tokens_used), 0) FROM usage_rollups
                WHERE user_id = ? AND bucket_minutes = 1440""", user);
    }

    private long corrections() {
        return stack.number("usage_owner", "SELECT count(*) FROM usage_corrections WHERE user_id = ?", user);
    }

    private long letters() {
        return stack.number(
                "usage_owner", "SELECT count(*) FROM dead_letters WHERE key = ?", (Object) utf8(user.toString()));
    }

    private long letter() {
        return stack.number(
                "usage_owner", "SELECT max(id) FROM dead_letters WHERE key = ?", (Object) utf8(user.toString()));
    }

    private Object reason() {
        return stack.query("usage_owner", "SELECT reason FROM dead_letters WHERE id = ?", letter())
                .get(0)
                .get("reason");
    }

    private ProducerRecord<byte[], byte[]> recorded(int tokens) {
        return record(4, event, user, data(user, tokens));
    }

    private ProducerRecord<byte[], byte[]> corrected(String correction, String kind, int tokens) {
        ProducerRecord<byte[], byte[]> record = record(4, UUID.randomUUID().toString(), user, """
                {"correction_id":"%s","event_id":"%s","user_id":"%s","kind":"%s","service_name":"tutor",
                 "timestamp":"%s","events":%d,"tokens_used":%d,"speech_seconds":0,"cost_usd":"0.000000",
                 "actor":"test","reason":"a wrong meter","recorded_at":"2026-02-03T04:05:06Z"}""".formatted(
                        correction, event, user, kind, UsageEvents.TIME, kind.equals("void") ? -1 : 0, tokens));
        record.headers()
                .remove("ce_source")
                .add("ce_source", utf8("/daftar/usage"))
                .remove("ce_type")
                .add("ce_type", utf8(UsageCorrected.TYPE));
        return record;
    }

    private static String text(ProducerRecord<byte[], byte[]> record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    /** One more event on every partition: whatever was sent before has been consumed when all have counted. */
    private void settle() {
        UUID last = stack.newUser();
        for (int partition = 0; partition < 6; partition++) {
            send(List.of(record(partition, UUID.randomUUID().toString(), last, data(last, 1))));
        }
        await().until(() -> events.rows(last) == 6);
    }

    private void send(List<ProducerRecord<byte[], byte[]>> records) {
        try (Topics topics = new Topics(stack)) {
            topics.send(records);
        }
    }
}
