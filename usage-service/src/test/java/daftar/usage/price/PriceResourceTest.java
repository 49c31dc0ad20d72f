package daftar.usage.price;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each test prices a service of its own. */
@QuarkusTest
@WithTestResource(TestStack.class)
class PriceResourceTest {

    private final Stack stack = Stack.current();
    private final String service = "s" + UUID.randomUUID();
    private final String token = Tokens.staff("administrator");
    private final Clock clock;
    private Instant soon;

    @Inject
    PriceResourceTest(Clock clock) {
        this.clock = clock;
    }

    @BeforeEach
    void lookAtTheClock() {
        soon = clock.instant().plus(Duration.ofMinutes(6)).truncatedTo(ChronoUnit.MICROS);
    }

    @AfterEach
    void forget() {
        stack.execute("usage_owner", "DELETE FROM prices WHERE service_name = ?", service);
    }

    @Test
    void aNewVersionIsListedWithWhoRecordedIt() {
        Response added = add(body("\"a\"", "2.5", soon), null);

        added.then()
                .statusCode(201)
                .body("service_name", equalTo(service))
                .body("model", equalTo("a"))
                .body("unit", equalTo("token"))
                .body("usd_per_million", equalTo("2.500000"))
                .body("effective_from", equalTo(soon.toString()))
                .body("recorded_at", not(nullValue()))
                .body("actor", not(nullValue()));
        list(added, "service_name", service)
                .body("items", hasSize(1))
                .body("items[0].id", equalTo(added.path("id")))
                .body("items[0].actor", equalTo(added.path("actor")));
    }

    @Test
    void theVersionsOfAMomentAreThoseThatHaveBegunAndThatNoneHasFollowed() {
        add(body("\"a\"", "1", soon), null);
        add(body("\"a\"", "2", soon.plusSeconds(60)), null);
        Response last = add(body("null", "3", soon.plusSeconds(30)), null);

        list(last, "service_name", service).body("items", hasSize(3));
        list(last, "service_name", service, "at", soon.minusSeconds(1)).body("items", hasSize(0));
        list(last, "service_name", service, "at", soon)
                .body("items", hasSize(1))
                .body("items[0].usd_per_million", equalTo("1.000000"));
        list(last, "service_name", service, "at", soon.plusSeconds(60))
                .body("items", hasSize(2))
                .body("items[0].usd_per_million", equalTo("2.000000"))
                .body("items[1].usd_per_million", equalTo("3.000000"))
                .body("items[1].model", nullValue());
    }

    @Test
    void aListGoesOnWhereThePageBeforeEnded() {
        add(body("null", "1", soon), null);
        Response last = add(body("null", "2", soon.plusSeconds(1)), null);

        String cursor = list(last, "service_name", service, "limit", 1)
                .body("items[0].usd_per_million", equalTo("2.000000"))
                .extract()
                .path("next_cursor");
        list(last, "service_name", service, "limit", 1, "cursor", cursor)
                .body("items[0].usd_per_million", equalTo("1.000000"))
                .body("next_cursor", nullValue());
    }

    @Test
    void aRepeatedRequestRecordsOneVersion() {
        String key = UUID.randomUUID().toString();

        Response first = add(body("null", "1", soon), key);
        Response second = add(body("null", "1", soon), key);

        assertEquals(first.<String>path("id"), second.path("id"));
        add(body("null", "2", soon), key).then().spec(problem(Problem.IDEMPOTENCY_KEY_REUSED));
        list(second, "service_name", service).body("items", hasSize(1));
    }

    @Test
    void twoVersionsOfAPriceCannotBeginAtTheSameMoment() {
        add(body("null", "1", soon), null).then().statusCode(201);
        add(body("null", "2", soon), null).then().spec(problem(Problem.CONFLICT));
        add(body("\"a\"", "2", soon), null).then().statusCode(201);
    }

    /** What was counted stays as it was counted, and every instance knows a version before it begins. */
    @ParameterizedTest
    @CsvSource({"-PT1S", "PT0S", "PT4M"})
    void aVersionBeginsNoSoonerThanEveryInstanceKnowsIt(Duration ahead) {
        Instant from = soon.minus(Duration.ofMinutes(6)).plus(ahead);

        add(body("null", "1", from), null).then().spec(problemAt(Problem.INVALID_INPUT, "/effective_from"));
    }

    @ParameterizedTest
    @CsvSource({"-1", "1.0000001", "1000000", "1e3", "''", "NaN"})
    void aPriceIsDecimalTextThatTheColumnHolds(String usdPerMillion) {
        add(body("null", usdPerMillion, soon), null).then().spec(problemAt(Problem.INVALID_INPUT, "/usd_per_million"));
    }

    @Test
    void neitherAnUnknownUnitNorATimeBeyondTheCalendarIsAServersFault() {
        add(body("null", "1", soon).replace("\"token\"", "\"word\""), null)
                .then()
                .spec(problem(Problem.MALFORMED_REQUEST));
        add(body("null", "1", Instant.parse("9999-01-01T00:00:00Z")), null)
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/effective_from"));
        administrator().queryParam("at", "yesterday").get("/v1/prices").then().spec(problem(Problem.MALFORMED_REQUEST));
    }

    @Test
    void onlyAnAdministratorRecordsPricesAndNoPersonReadsThem() {
        for (String token :
                new String[] {Tokens.staff("support"), Tokens.service("usage:read"), Tokens.person(stack.newUser())}) {
            given().auth()
                    .oauth2(token)
                    .contentType("application/json")
                    .body(body("null", "1", soon))
                    .post("/v1/prices")
                    .then()
                    .spec(problem(Problem.FORBIDDEN));
        }
        given().auth()
                .oauth2(Tokens.person(stack.newUser()))
                .get("/v1/prices")
                .then()
                .spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void theApplicationCannotChangeAPrice() {
        assertThrows(RuntimeException.class, () -> stack.execute("usage_app", "UPDATE prices SET usd_per_million = 0"));
        assertThrows(RuntimeException.class, () -> stack.execute("usage_app", "DELETE FROM prices"));
    }

    private ValidatableResponse list(Response written, Object... parameters) {
        RequestSpecification request = administrator().header("Daftar-Position", written.getHeader("Daftar-Position"));
        for (int i = 0; i < parameters.length; i += 2) {
            request = request.queryParam((String) parameters[i], parameters[i + 1].toString());
        }
        return request.get("/v1/prices").then().statusCode(200);
    }

    private Response add(String body, String key) {
        RequestSpecification request =
                administrator().contentType("application/json").body(body);
        return (key == null ? request : request.header("Idempotency-Key", key)).post("/v1/prices");
    }

    private RequestSpecification administrator() {
        return given().auth().oauth2(token);
    }

    private String body(String model, String usdPerMillion, Instant from) {
        return """
                {"service_name":"%s","model":%s,"unit":"token","usd_per_million":"%s","effective_from":"%s"}""".formatted(service, model, usdPerMillion, from);
    }
}
