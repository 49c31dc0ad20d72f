package daftar.billing.usage;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UsageTotalsTest {

    private static final String TOPIC = "usage-events";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Clock clock;

    @Inject
    UsageTotalsTest(Clock clock) {
        this.clock = clock;
    }

    @Test
    void addsUpByLocalDayOfTheBillingZoneAndService() {
        send(List.of(
                event("tutor", 5, "2026-04-23T21:59:59Z"),
                event("tutor", 7, "2026-04-23T22:00:00Z"),
                event("tutor", 11, "2026-04-24T20:59:59Z"),
                event("chat", 13, "2026-04-24T20:59:59Z"),
                event("tutor", 17, "2026-04-24T21:00:00Z")));

        await().until(() -> events() == 5);
        assertEquals(
                List.of(
                        Map.of("day", "2026-04-23", "service_name", "tutor", "events", 1L, "tokens_used", 5L),
                        Map.of("day", "2026-04-24", "service_name", "chat", "events", 1L, "tokens_used", 13L),
                        Map.of("day", "2026-04-24", "service_name", "tutor", "events", 2L, "tokens_used", 18L),
                        Map.of("day", "2026-04-25", "service_name", "tutor", "events", 1L, "tokens_used", 17L)),
                stack.query("billing_owner", """
                        SELECT usage_date::text AS day, service_name, events, tokens_used
                        FROM usage_totals WHERE user_id = ? ORDER BY usage_date, service_name""", user));
    }

    @Test
    void countsAnEventOnceThatIsSentTenTimesInOneBatchAndInOthersAndOnAnotherPartition() {
        String id = UUID.randomUUID().toString();
        String data = data("tutor", 5, "2026-01-02T00:00:00Z");

        send(IntStream.range(0, 8).mapToObj(i -> record(0, id, data)).toList());
        await().until(() -> events() == 1);
        send(List.of(record(0, id, data)));
        send(List.of(record(1, id, data)));
        settle();

        assertEquals(1, events());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no json",
                "{\"user_id\":\"00000000-0000-0000-0000-000000000001\",\"session_id\":\"00000000-0000-0000-0000-000000000001\","
                        + "\"service_name\":\"tutor\"}",
                "{\"user_id\":\"00000000-0000-0000-0000-000000000001\",\"service_name\":\"tutor\"}",
                "{\"user_id\":\"00000000-0000-0000-0000-000000000001\",\"session_id\":\"00000000-0000-0000-0000-000000000001\","
                        + "\"service_name\":\"tutor\",\"tokens_used\":-1}"
            })
    void keepsWhatItRefusesInTableAndTopicWithItsBytesAndGoesOn(String value) {
        byte[] key = utf8(UUID.randomUUID().toString());
        ProducerRecord<byte[], byte[]> refused = record(2, UUID.randomUUID().toString(), value);
        ProducerRecord<byte[], byte[]> keyed = new ProducerRecord<>(TOPIC, 2, key, utf8(value));
        refused.headers().forEach(keyed.headers()::add);

        send(List.of(keyed, event("tutor", 1, "2026-01-02T00:00:00Z")));

        await().until(() -> events() == 1 && letters(key).size() == 1);
        assertArrayEquals(utf8(value), (byte[]) letters(key).get(0).get("value"));
        try (Topics topics = new Topics(stack)) {
            await().until(() -> topics.read("usage-events.billing.dead-letter").stream()
                    .anyMatch(
                            record -> Arrays.equals(key, record.key()) && Arrays.equals(utf8(value), record.value())));
        }
    }

    @Test
    void theStatementShowsWhatTheSubscriptionsPeriodHolds() {
        given().auth()
                .oauth2(Tokens.person(user))
                .contentType(ContentType.JSON)
                .body("{\"plan_name\":\"free\",\"billing_cycle\":\"monthly\"}")
                .post("/v1/users/{user_id}/subscriptions", user)
                .then()
                .statusCode(201);
        String now = clock.instant().toString();
        send(List.of(
                event("tutor", 49_000, now),
                event("chat", 500, now),
                event("chat", 7, clock.instant().minus(Duration.ofDays(40)).toString())));
        await().until(() -> events() == 3);

        given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", position())
                .get("/v1/users/{user_id}/statement", user)
                .then()
                .statusCode(200)
                .body("plan_name", equalTo("free"))
                .body("amount_egp", equalTo("0.00"))
                .body("services", hasSize(2))
                .body("services[0].service_name", equalTo("chat"))
                .body("total.events", equalTo(2))
                .body("total.tokens_used", equalTo(49_500))
                .body("included_tokens", equalTo(50_000))
                .body("remaining_tokens", equalTo(500));
    }

    @Test
    void theStatementWithoutASubscriptionShowsTheCalendarMonth() {
        send(List.of(event("tutor", 3, clock.instant().toString())));
        await().until(() -> events() == 1);

        given().auth()
                .oauth2(Tokens.staff("support"))
                .header("Daftar-Position", position())
                .get("/v1/users/{user_id}/statement", user)
                .then()
                .statusCode(200)
                .body("plan_name", equalTo(null))
                .body("period_start", org.hamcrest.Matchers.endsWith("-01"))
                .body("total.tokens_used", equalTo(3))
                .body("remaining_tokens", equalTo(0));
    }

    @Test
    void onlyWhoMayReadsTheStatement() {
        UUID other = stack.newUser();
        for (String token : List.of(Tokens.person(other), Tokens.service("usage:read"))) {
            given().auth()
                    .oauth2(token)
                    .get("/v1/users/{user_id}/statement", user)
                    .then()
                    .statusCode(403);
        }
        for (String token : Tokens.refused(user)) {
            given().auth()
                    .oauth2(token)
                    .get("/v1/users/{user_id}/statement", user)
                    .then()
                    .statusCode(401);
        }
        given().get("/v1/users/{user_id}/statement", user).then().statusCode(401);
        for (String token : List.of(
                Tokens.person(user),
                Tokens.service("subscriptions:read"),
                Tokens.staff("support"),
                Tokens.staff("administrator"))) {
            given().auth()
                    .oauth2(token)
                    .get("/v1/users/{user_id}/statement", user)
                    .then()
                    .statusCode(200);
        }
    }

    /** What the primary has reached: the answer must hold the events that were seen there. */
    private String position() {
        return "1-"
                + stack.query("billing_owner", "SELECT pg_current_wal_lsn()::text AS lsn")
                        .get(0)
                        .get("lsn");
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
    }

    private long events() {
        return eventsOf(user);
    }

    private long eventsOf(UUID of) {
        return stack.number("billing_owner", "SELECT coalesce(sum(events), 0) FROM usage_totals WHERE user_id = ?", of);
    }

    private List<Map<String, Object>> letters(byte[] key) {
        return stack.query("billing_owner", "SELECT reason, value FROM dead_letters WHERE key = ?", (Object) key);
    }

    /** Sends one more event on every partition and waits for all: whatever was sent before has been consumed. */
    private void settle() {
        UUID last = stack.newUser();
        String data = data("tutor", 1, "2026-01-02T00:00:00Z").replace(user.toString(), last.toString());
        send(IntStream.range(0, 6)
                .mapToObj(partition -> record(partition, UUID.randomUUID().toString(), data))
                .toList());
        await().until(() -> eventsOf(last) == 6);
    }

    private ProducerRecord<byte[], byte[]> event(String service, int tokens, String time) {
        return record(2, UUID.randomUUID().toString(), data(service, tokens, time));
    }

    private String data(String service, int tokens, String time) {
        return """
                {"user_id":"%s","session_id":"%s","service_name":"%s","tokens_used":%d,"timestamp":"%s","cost_usd":"0.25"}""".formatted(user, user, service, tokens, time);
    }

    private ProducerRecord<byte[], byte[]> record(int partition, String id, String data) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(TOPIC, partition, utf8(user.toString()), utf8(data));
        record.headers()
                .add("ce_specversion", utf8("1.0"))
                .add("ce_id", utf8(id))
                .add("ce_source", utf8("urn:test"))
                .add("ce_type", utf8(UsageRecorded.TYPE))
                .add("ce_time", utf8("2026-01-02T03:04:05Z"))
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
