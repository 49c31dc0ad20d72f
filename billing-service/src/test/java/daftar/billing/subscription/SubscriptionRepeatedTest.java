package daftar.billing.subscription;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Starting and cancelling again, and cancelling what somebody else changed. */
@QuarkusTest
@WithTestResource(TestStack.class)
class SubscriptionRepeatedTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String token = Tokens.person(user);
    private final String key = UUID.randomUUID().toString();

    @Test
    void aStartIsAnsweredAgainAndStartsNothing() {
        Response first = start(key);
        Response second = start(key);

        first.then().statusCode(201).header("ETag", notNullValue());
        second.then().statusCode(201).header("Daftar-Position", notNullValue());
        assertEquals(first.asString(), second.asString());
        assertEquals(first.header("Location"), second.header("Location"));
        assertEquals(first.header("ETag"), second.header("ETag"));
        assertEquals(1, stack.number("billing_owner", "SELECT count(*) FROM subscriptions WHERE user_id = ?", user));
    }

    @Test
    void aCancellationIsAnsweredAgainWhateverHappenedSince() {
        String first = start(null).header("Location");
        Response cancelled = cancel(first, request().header("Idempotency-Key", key), false);
        String second = start(null).header("Location");

        Response again = cancel(first, request().header("Idempotency-Key", key), false);
        assertEquals(cancelled.asString(), again.asString());
        assertEquals(cancelled.header("ETag"), again.header("ETag"));
        request().get(second).then().body("status", equalTo("active"));
        cancel(second, request().header("Idempotency-Key", key), false)
                .then()
                .spec(problem(Problem.IDEMPOTENCY_KEY_REUSED));
    }

    @Test
    void whatWasChangedInTheMeantimeIsNotCancelled() {
        Response started = start(null);
        String location = started.header("Location");
        String tag = request()
                .header("Daftar-Position", started.header("Daftar-Position"))
                .get(location)
                .header("ETag");
        assertEquals(started.header("ETag"), tag);

        Response changed = cancel(location, request().header("If-Match", tag), true);
        changed.then().statusCode(200);
        assertNotEquals(tag, changed.header("ETag"));

        cancel(location, request().header("If-Match", tag), false).then().spec(problem(Problem.OUTDATED));
        cancel(location, request().header("If-Match", "no tag"), false).then().spec(problem(Problem.MALFORMED_REQUEST));
        request().get(location).then().body("status", equalTo("active"));
        cancel(location, request().header("If-Match", changed.header("ETag")), false)
                .then()
                .statusCode(200)
                .body("status", equalTo("canceled"));
    }

    @Test
    void aRepetitionWithItsKeyIsNotHeldAgainstItsOwnChange() {
        Response started = start(null);
        List<Response> answers = List.of(cancelOnce(started), cancelOnce(started));
        answers.forEach(answer -> answer.then().statusCode(200));
        assertEquals(answers.get(0).asString(), answers.get(1).asString());
    }

    private Response cancelOnce(Response started) {
        return cancel(
                started.header("Location"),
                request().header("If-Match", started.header("ETag")).header("Idempotency-Key", key),
                false);
    }

    private RequestSpecification request() {
        return given().auth().oauth2(token).contentType(ContentType.JSON);
    }

    private Response start(String idempotencyKey) {
        RequestSpecification request =
                idempotencyKey == null ? request() : request().header("Idempotency-Key", idempotencyKey);
        return request.body("{\"plan_name\":\"basic\",\"billing_cycle\":\"monthly\"}")
                .post("/v1/users/{user_id}/subscriptions", user);
    }

    private static Response cancel(String location, RequestSpecification request, boolean atPeriodEnd) {
        return request.body("{\"at_period_end\":" + atPeriodEnd + "}").post(location + "/cancel");
    }
}
