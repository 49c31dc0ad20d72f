package daftar.billing.subscription;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How a subscription goes on and ends. */
@QuarkusTest
@WithTestResource(TestStack.class)
class SubscriptionEndTest {

    private static final String BASIC = """
            {"plan_name":"basic","billing_cycle":"monthly"}""";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Clock clock;
    private final RollOver rollOver;

    @Inject
    SubscriptionEndTest(Clock clock, RollOver rollOver) {
        this.clock = clock;
        this.rollOver = rollOver;
    }

    @Test
    void cancelsNowAndMakesRoomForAnother() {
        String id = start(Tokens.person(user), BASIC).extract().path("id");

        cancel(Tokens.person(user), id, false)
                .statusCode(200)
                .body("status", equalTo("canceled"))
                .body("canceled_at", notNullValue())
                .body("next_billing_date", nullValue());
        cancel(Tokens.person(user), id, false).statusCode(200).body("status", equalTo("canceled"));

        start(Tokens.person(user), BASIC).statusCode(201);
        assertEquals(2, rows());
    }

    @Test
    void cancelsToTheEndOfThePeriodAndTheRollOverEndsIt() {
        String id = start(Tokens.person(user), BASIC).extract().path("id");

        cancel(Tokens.person(user), id, true)
                .statusCode(200)
                .body("status", equalTo("active"))
                .body("cancel_at_period_end", equalTo(true));
        start(Tokens.person(user), BASIC).spec(problem(Problem.CONFLICT));

        rollOver.upTo(clock.instant()).await().atMost(Duration.ofSeconds(30));
        assertEquals("active", status(id));
        stack.execute("billing_owner", "UPDATE subscriptions SET ends_at = now() WHERE id = ?", UUID.fromString(id));
        rollOver.upTo(clock.instant()).await().atMost(Duration.ofSeconds(30));
        assertEquals("canceled", status(id));
    }

    @Test
    void oneThatIsOverMakesRoomBeforeTheRollOverComesBy() {
        String id = start(Tokens.person(user), BASIC).extract().path("id");
        cancel(Tokens.person(user), id, true).statusCode(200);
        stack.execute("billing_owner", "UPDATE subscriptions SET ends_at = now() WHERE id = ?", UUID.fromString(id));

        start(Tokens.person(user), BASIC).statusCode(201);
    }

    @Test
    void theRollOverMovesTheNextBillingDateToTheNextPeriod() {
        String id = start(Tokens.person(user), BASIC).extract().path("id");
        String next = stack.query(
                        "billing_owner",
                        "SELECT next_billing_date::text AS t FROM subscriptions WHERE id = ?",
                        UUID.fromString(id))
                .get(0)
                .get("t")
                .toString();
        stack.execute(
                "billing_owner",
                "UPDATE subscriptions SET next_billing_date = TIMESTAMP '2020-01-01' WHERE id = ?",
                UUID.fromString(id));

        rollOver.upTo(clock.instant()).await().atMost(Duration.ofSeconds(30));

        assertEquals(
                next,
                stack.query(
                                "billing_owner",
                                "SELECT next_billing_date::text AS t FROM subscriptions WHERE id = ?",
                                UUID.fromString(id))
                        .get(0)
                        .get("t"));
    }

    private ValidatableResponse start(String token, String body) {
        return given().auth()
                .oauth2(token)
                .contentType(ContentType.JSON)
                .body(body)
                .post("/v1/users/{user_id}/subscriptions", user)
                .then();
    }

    private ValidatableResponse cancel(String token, String id, boolean atPeriodEnd) {
        return given().auth()
                .oauth2(token)
                .contentType(ContentType.JSON)
                .body("{\"at_period_end\":" + atPeriodEnd + "}")
                .post("/v1/users/{user_id}/subscriptions/{id}/cancel", user, id)
                .then();
    }

    private long rows() {
        return stack.number("billing_owner", "SELECT count(*) FROM subscriptions WHERE user_id = ?", user);
    }

    private String status(String id) {
        return stack.query("billing_owner", "SELECT status FROM subscriptions WHERE id = ?", UUID.fromString(id))
                .get(0)
                .get("status")
                .toString();
    }
}
