package daftar.billing.subscription;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class SubscriptionResourceTest {

    private static final String BASIC = """
            {"plan_name":"basic","billing_cycle":"monthly"}""";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Clock clock;

    @Inject
    SubscriptionResourceTest(Clock clock) {
        this.clock = clock;
    }

    @Test
    void anybodyReadsThePriceList() {
        given().get("/v1/plans")
                .then()
                .statusCode(200)
                .body("plans", hasSize(5))
                .body("plans[0].plan_name", equalTo("free"))
                .body("plans[1].amount_egp", equalTo("199.00"));
    }

    @Test
    void startsASubscriptionThatIsBilledNextAfterOneCycleOfLocalDays() {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneId.of("Africa/Cairo"));
        String next = today.plusMonths(1)
                .atStartOfDay(ZoneId.of("Africa/Cairo"))
                .toInstant()
                .toString();

        String location = start(Tokens.person(user), BASIC)
                .statusCode(201)
                .header("Daftar-Position", notNullValue())
                .body("status", equalTo("active"))
                .body("amount_egp", equalTo("199.00"))
                .body("anchor_date", equalTo(today.toString()))
                .body("next_billing_date", equalTo(next))
                .extract()
                .header("Location");

        given().auth()
                .oauth2(Tokens.person(user))
                .get(location)
                .then()
                .statusCode(200)
                .body("user_id", equalTo(user.toString()));
    }

    @Test
    void aReadWithThePositionOfTheWriteSeesIt() {
        String position = start(Tokens.person(user), BASIC).extract().header("Daftar-Position");

        given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", position)
                .get("/v1/users/{user_id}/subscriptions", user)
                .then()
                .statusCode(200)
                .body("items", hasSize(1));
    }

    @Test
    void refusesASecondLiveSubscriptionEvenAtTheSameMoment() {
        List<Integer> statuses = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> start(Tokens.person(user), BASIC).extract().statusCode()))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .sorted()
                .toList();

        assertEquals(List.of(201, 409, 409, 409, 409, 409, 409, 409), statuses);
        start(Tokens.person(user), BASIC).spec(problem(Problem.CONFLICT));
        assertEquals(1, rows());
    }

    @Test
    void listsTheNewestFirstPageByPage() {
        for (int i = 0; i < 3; i++) {
            String id = start(Tokens.person(user), BASIC).extract().path("id");
            cancel(Tokens.person(user), id, false).statusCode(200);
        }

        String cursor = given().auth()
                .oauth2(Tokens.staff("support"))
                .get("/v1/users/{user_id}/subscriptions?limit=2", user)
                .then()
                .statusCode(200)
                .body("items", hasSize(2))
                .extract()
                .path("next_cursor");
        given().auth()
                .oauth2(Tokens.service("subscriptions:read"))
                .get("/v1/users/{user_id}/subscriptions?limit=2&cursor={cursor}", user, cursor)
                .then()
                .statusCode(200)
                .body("items", hasSize(1))
                .body("next_cursor", nullValue());
    }

    @Test
    void letsInWhoMayWriteAndRefusesTheRest() {
        UUID other = stack.newUser();
        start(Tokens.person(other), BASIC).spec(problem(Problem.FORBIDDEN));
        start(Tokens.service("subscriptions:read"), BASIC).spec(problem(Problem.FORBIDDEN));
        start(Tokens.staff("support"), BASIC).spec(problem(Problem.FORBIDDEN));
        for (String token : Tokens.refused(user)) {
            start(token, BASIC).spec(problem(Problem.UNAUTHENTICATED));
        }
        assertEquals(0, rows());

        String id = start(Tokens.service("subscriptions:write"), BASIC)
                .statusCode(201)
                .extract()
                .path("id");
        cancel(Tokens.person(other), id, false).spec(problem(Problem.FORBIDDEN));
        assertEquals("active", status(id));
        cancel(Tokens.staff("administrator"), id, false).statusCode(200);
    }

    @Test
    void aSubscriptionOfAnotherUserIsNotFound() {
        UUID other = stack.newUser();
        String id = start(Tokens.person(user), BASIC).extract().path("id");

        given().auth()
                .oauth2(Tokens.person(other))
                .contentType(ContentType.JSON)
                .body("{\"at_period_end\":false}")
                .post("/v1/users/{user_id}/subscriptions/{id}/cancel", other, id)
                .then()
                .spec(problem(Problem.NOT_FOUND));
        assertEquals("active", status(id));
    }

    @Test
    void refusesAPlanOrAUserThatDoesNotExist() {
        start(Tokens.person(user), "{\"plan_name\":\"none\",\"billing_cycle\":\"monthly\"}")
                .spec(problemAt(Problem.UNKNOWN_REFERENCE, "/plan_name"));
        UUID nobody = UUID.randomUUID();
        given().auth()
                .oauth2(Tokens.person(nobody))
                .contentType(ContentType.JSON)
                .body(BASIC)
                .post("/v1/users/{user_id}/subscriptions", nobody)
                .then()
                .spec(problem(Problem.UNKNOWN_REFERENCE));
        assertEquals(0, rows());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "",
                "{\"plan_name\":\"basic\",\"billing_cycle\":\"weekly\"}",
                "{\"plan_name\":7,\"billing_cycle\":\"monthly\"}",
                "{\"plan_name\":\"basic\",\"billing_cycle\":\"monthly\",\"amount_egp\":\"0.00\"}",
                "{\"billing_cycle\":\"monthly\"}",
                "{\"plan_name\":\"a\\u0000\",\"billing_cycle\":\"monthly\"}"
            })
    void refusesABodyThatIsWrongAndChangesNothing(String body) {
        int status = start(Tokens.person(user), body)
                .contentType("application/problem+json")
                .extract()
                .statusCode();

        assertTrue(status == 400 || status == 422, () -> "status " + status);
        assertEquals(0, rows());
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
