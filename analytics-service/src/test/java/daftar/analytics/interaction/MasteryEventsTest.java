package daftar.analytics.interaction;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the other services hear of learning. */
@QuarkusTest
@WithTestResource(TestStack.class)
class MasteryEventsTest {

    private static final String TOPIC = "mastery-events";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String writer = Tokens.service("interactions:write");

    @Test
    void eachChangedProfileIsToldAndARepetitionIsNot() {
        String two = Sent.json(List.of(
                Sent.interaction(UUID.randomUUID(), "fractions", true, "2026-03-01T10:00:00Z"),
                Sent.interaction(UUID.randomUUID(), "decimals", false, "2026-03-01T10:01:00Z")));
        Response recorded = Sent.post(writer, user, two);
        recorded.then().statusCode(200);
        Sent.post(writer, user, two).then().statusCode(200);
        Sent.post(
                        writer,
                        user,
                        Sent.json(List.of(
                                Sent.interaction(UUID.randomUUID(), "fractions", true, "2026-03-02T10:00:00Z"))))
                .then()
                .statusCode(200);

        List<JsonNode> events = Published.events(stack, TOPIC, user, 3);
        assertEquals(
                List.of("decimals", "fractions", "fractions"),
                events.stream().map(event -> event.get("concept").textValue()).toList());
        assertEquals(
                recorded.<Float>path("profiles[1].mastery_score").doubleValue(),
                events.get(1).get("mastery_score").doubleValue(),
                1e-6);
        assertEquals(2, events.get(2).get("total_interactions").intValue());
        assertEquals(2, events.get(2).get("streak_days").intValue());
    }

    @Test
    void withItsIdempotencyKeyARequestIsGivenItsFirstAnswerAgain() {
        String key = UUID.randomUUID().toString();
        String one = Sent.json(List.of(Sent.interaction(UUID.randomUUID(), "fractions", true, "2026-03-01T10:00:00Z")));
        String first = post(key, one).then().statusCode(200).extract().asString();

        assertEquals(first, post(key, one).then().statusCode(200).extract().asString());
    }

    private Response post(String key, String body) {
        return given().auth()
                .oauth2(writer)
                .header("Idempotency-Key", key)
                .contentType(ContentType.JSON)
                .body(body)
                .post("/v1/users/{user_id}/interactions", user);
    }
}
