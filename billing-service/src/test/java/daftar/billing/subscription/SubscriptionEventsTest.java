package daftar.billing.subscription;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the other services hear of subscriptions, and what repeating a request does. */
@QuarkusTest
@WithTestResource(TestStack.class)
class SubscriptionEventsTest {

    private static final String TOPIC = "subscription-events";
    private static final String BASIC = "{\"plan_name\":\"basic\",\"billing_cycle\":\"monthly\"}";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Clock clock;
    private final RollOver rollOver;

    @Inject
    SubscriptionEventsTest(Clock clock, RollOver rollOver) {
        this.clock = clock;
        this.rollOver = rollOver;
    }

    @Test
    void everyChangeIsToldWithThePeriodsAllowances() {
        Response started = start(null);
        UUID id = UUID.fromString(started.path("id"));
        set(id, "next_billing_date = TIMESTAMP '2020-01-01'");
        rollOver();
        cancel(id, null);
        cancel(id, null);
        set(id, "ends_at = now()");
        rollOver();

        List<JsonNode> events = Published.events(stack, TOPIC, user, 4);
        assertEquals(
                List.of("started", "renewed", "cancellation_scheduled", "canceled"),
                events.stream().map(event -> event.get("change").textValue()).toList());
        JsonNode first = events.get(0);
        assertEquals(id.toString(), first.get("subscription_id").textValue());
        assertEquals(started.path("next_billing_date"), first.get("period_end").textValue());
        assertTrue(Instant.parse(first.get("period_start").textValue())
                .isBefore(Instant.parse(first.get("period_end").textValue())));
        assertEquals(1_000_000, first.get("included_tokens").longValue());
        assertEquals(18_000, first.get("included_speech_seconds").longValue());
        assertEquals("hard", first.get("usage_limit").textValue());
        assertEquals("canceled", events.get(3).get("status").textValue());
        assertFollows(first);
        assertFollows(events.get(1));
        assertTrue(events.get(2).get("next_period_end").isNull());
        assertTrue(events.get(3).get("next_period_end").isNull());
    }

    /** What the next period includes is known before it begins, so that nobody waits for its roll-over. */
    private static void assertFollows(JsonNode event) {
        Instant end = Instant.parse(event.get("period_end").textValue());
        Duration next =
                Duration.between(end, Instant.parse(event.get("next_period_end").textValue()));
        assertTrue(next.toDays() >= 27 && next.toDays() <= 31, next::toString);
    }

    /** A plan's limit is a subscription's from its start on. */
    @Test
    void theLimitIsThePlansAtTheStart() {
        stack.execute("billing_owner", "UPDATE plans SET usage_limit = 'soft' WHERE plan_name = 'plus'");
        try {
            post(null, BASIC.replace("basic", "plus"), "/v1/users/" + user + "/subscriptions")
                    .then()
                    .statusCode(201)
                    .body("usage_limit", org.hamcrest.Matchers.equalTo("soft"));
        } finally {
            stack.execute("billing_owner", "UPDATE plans SET usage_limit = 'hard' WHERE plan_name = 'plus'");
        }

        assertEquals(
                "soft",
                Published.events(stack, TOPIC, user, 1)
                        .get(0)
                        .get("usage_limit")
                        .textValue());
    }

    @Test
    void oneThatMakesRoomIsToldBeforeTheOneThatTakesItsPlace() {
        UUID id = UUID.fromString(start(null).path("id"));
        cancel(id, null);
        set(id, "ends_at = now()");
        start(null).then().statusCode(201);

        assertEquals(
                List.of("started", "cancellation_scheduled", "canceled", "started"),
                Published.events(stack, TOPIC, user, 4).stream()
                        .map(event -> event.get("change").textValue())
                        .toList());
    }

    @Test
    void withItsIdempotencyKeyARequestIsGivenItsFirstAnswerAgain() {
        String key = UUID.randomUUID().toString();
        Response first = start(key);
        Response second = start(key);
        assertEquals(201, second.statusCode());
        assertEquals(first.header("Location"), second.header("Location"));
        assertEquals(first.asString(), second.asString());

        UUID id = UUID.fromString(first.path("id"));
        String other = UUID.randomUUID().toString();
        assertEquals(cancel(id, other).asString(), cancel(id, other).asString());
    }

    private Response start(String key) {
        return post(key, BASIC, "/v1/users/" + user + "/subscriptions");
    }

    private Response cancel(UUID id, String key) {
        return post(key, "{\"at_period_end\":true}", "/v1/users/" + user + "/subscriptions/" + id + "/cancel");
    }

    private Response post(String key, String body, String path) {
        var request = given().auth()
                .oauth2(Tokens.person(user))
                .contentType(ContentType.JSON)
                .body(body);
        return (key == null ? request : request.header("Idempotency-Key", key)).post(path);
    }

    private void set(UUID id, String column) {
        stack.execute("billing_owner", "UPDATE subscriptions SET " + column + " WHERE id = ?", id);
    }

    private void rollOver() {
        rollOver.upTo(clock.instant()).await().atMost(Duration.ofSeconds(30));
    }
}
