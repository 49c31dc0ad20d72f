package daftar.usage.rollup;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UsageResourceTest {

    private static final String PATH = "/v1/users/{user_id}/usage";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Rows rows = new Rows(stack);

    @Test
    void addsUpByDayAndService() {
        rows.used(user, "tutor", 5, "2026-01-02T00:00:00Z");
        rows.used(user, "tutor", 7, "2026-01-02T23:59:59.999999Z");
        rows.used(user, "chat", 11, "2026-01-02T12:00:00Z");
        rows.used(user, "tutor", 13, "2026-01-03T00:00:00Z");

        usage("from=2026-01-02T00:00:00Z&to=2026-01-04T00:00:00Z")
                .statusCode(200)
                .body("user_id", equalTo(user.toString()))
                .body("bucket", equalTo("day"))
                .body("time_zone", equalTo("UTC"))
                .body("buckets", hasSize(3))
                .body(
                        "buckets[0]",
                        equalTo(Map.of(
                                "bucket_start",
                                "2026-01-02T00:00:00Z",
                                "service_name",
                                "chat",
                                "events",
                                1,
                                "tokens_used",
                                11,
                                "speech_seconds",
                                2,
                                "cost_usd",
                                "0.000250")))
                .body("buckets[1].tokens_used", equalTo(12))
                .body("buckets[1].cost_usd", equalTo("0.000500"))
                .body("buckets[2].bucket_start", equalTo("2026-01-03T00:00:00Z"));
    }

    @Test
    void countsFromInclusiveAndToExclusive() {
        rows.used(user, "tutor", 1, "2026-01-02T00:00:00Z");
        rows.used(user, "tutor", 2, "2026-01-03T00:00:00Z");

        usage("from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z")
                .body("buckets", hasSize(1))
                .body("buckets[0].tokens_used", equalTo(1));
    }

    @Test
    void countsWholeMinutesAndSaysWhich() {
        rows.used(user, "tutor", 1, "2026-01-02T03:04:00Z");
        rows.used(user, "tutor", 2, "2026-01-02T03:05:59.999999Z");
        rows.used(user, "tutor", 4, "2026-01-02T03:06:00Z");

        usage("bucket=minute&from=2026-01-02T03:04:59.9Z&to=2026-01-02T03:05:00.000001Z")
                .body("from", equalTo("2026-01-02T03:04:00Z"))
                .body("to", equalTo("2026-01-02T03:06:00Z"))
                .body("buckets.bucket_start", equalTo(List.of("2026-01-02T03:04:00Z", "2026-01-02T03:05:00Z")))
                .body("buckets.tokens_used", equalTo(List.of(1, 2)));
    }

    @Test
    void addsUpOverAllServicesWhereNoneIsGroupedBy() {
        rows.used(user, "tutor", 1, "2026-01-02T00:00:00Z");
        rows.used(user, "chat", 2, "2026-01-02T23:59:00Z");

        usage("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&group_by=none")
                .body("buckets", hasSize(1))
                .body("buckets[0].tokens_used", equalTo(3))
                .body("buckets[0].events", equalTo(2))
                .body("buckets[0].containsKey('service_name')", equalTo(false));
    }

    @Test
    void showsOneServiceAlone() {
        rows.used(user, "tutor", 1, "2026-01-02T00:00:00Z");
        rows.used(user, "chat", 2, "2026-01-02T00:00:00Z");

        usage("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&bucket=month&service_name=chat")
                .body("buckets.tokens_used", equalTo(List.of(2)));
    }

    @ParameterizedTest(name = "the {2} hours of {0}")
    @CsvSource({
        "2026-04-24, 2026-04-23T22:00:00Z, 23, 2026-04-24T21:00:00Z",
        "2026-10-29, 2026-10-28T21:00:00Z, 25, 2026-10-29T22:00:00Z"
    })
    void keepsEveryRowOfDaysThatAreShorterOrLonger(String day, Instant start, int hours, Instant end) {
        // one row an hour, and one just before and just after the day
        for (int hour = -1; hour <= hours; hour++) {
            rows.used(user, "tutor", 1, start.plus(Duration.ofHours(hour)).toString());
        }
        String range = "time_zone=Africa/Cairo&from=" + start.minusSeconds(3600) + "&to=" + end.plusSeconds(3600);

        usage(range + "&bucket=day")
                .body("buckets.tokens_used", equalTo(List.of(1, hours, 1)))
                .body("buckets[1].bucket_start", equalTo(start.toString()))
                .body("buckets[2].bucket_start", equalTo(end.toString()));
        usage(range + "&bucket=hour")
                .body("buckets", hasSize(hours + 2))
                .body("buckets.tokens_used.sum()", equalTo(hours + 2));
        usage("time_zone=Africa/Cairo&from=" + start + "&to=" + end + "&bucket=month")
                .body("buckets.tokens_used", equalTo(List.of(hours)));
    }

    /** Half an hour of Lord Howe Island's clock, and midnight in Havana, come twice. */
    @ParameterizedTest(name = "{0} by {1}")
    @CsvSource({
        "Australia/Lord_Howe, hour, 2026-04-04T13:00:00Z, 2026-04-04T17:00:00Z",
        "America/Havana, day, 2025-11-01T22:00:00Z, 2025-11-03T08:00:00Z",
        "America/Havana, hour, 2025-11-01T22:00:00Z, 2025-11-03T08:00:00Z"
    })
    void everyRowIsInOneBucketWhereTheClockGoesBack(String zone, String bucket, Instant from, Instant to) {
        int count = 0;
        for (Instant time = from; time.isBefore(to); time = time.plus(Duration.ofMinutes(10))) {
            rows.used(user, "tutor", 1, time.toString());
            count++;
        }

        usage("time_zone=" + zone + "&from=" + from + "&to=" + to + "&bucket=" + bucket)
                .statusCode(200)
                .body("buckets.tokens_used.sum()", equalTo(count));
    }

    @Test
    void answersWithTheLastThirtyDaysWhereNothingIsSaid() {
        rows.used(user, "tutor", 1, "2020-01-02T00:00:00Z");

        var answer = given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", rows.position())
                .get(PATH, user)
                .then()
                .statusCode(200)
                .body("buckets", empty())
                .extract();

        assertEquals(
                30,
                Duration.between(Instant.parse(answer.path("from")), Instant.parse(answer.path("to")))
                        .toDays());
    }

    @Test
    void onlyWhoMayReadsUsage() {
        UUID other = stack.newUser();
        for (String path : List.of(PATH, PATH + "/logs")) {
            for (String token : List.of(Tokens.person(other), Tokens.service("subscriptions:read"))) {
                given().auth().oauth2(token).get(path, user).then().spec(problem(Problem.FORBIDDEN));
            }
            for (String token : Tokens.refused(user)) {
                given().auth().oauth2(token).get(path, user).then().spec(problem(Problem.UNAUTHENTICATED));
            }
            given().get(path, user).then().spec(problem(Problem.UNAUTHENTICATED));
            for (String token : List.of(
                    Tokens.person(user),
                    Tokens.service("usage:read"),
                    Tokens.staff("support"),
                    Tokens.staff("administrator"))) {
                given().auth().oauth2(token).get(path, user).then().statusCode(200);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "from=yesterday, MALFORMED_REQUEST, from",
        "to=2026-01-02, MALFORMED_REQUEST, to",
        "from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z, INVALID_INPUT, from",
        "from=+999999999-01-01T00:00:00Z, MALFORMED_REQUEST, from",
        "to=9999-01-01T00:00:00Z, INVALID_INPUT, to",
        "bucket=week, INVALID_INPUT, bucket",
        "time_zone=Cairo, INVALID_INPUT, time_zone",
        "time_zone=%2B02:00, INVALID_INPUT, time_zone",
        "bucket=hour&from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z, INVALID_INPUT, from",
        "service_name=%00, INVALID_INPUT, service_name",
        "group_by=model, INVALID_INPUT, group_by",
        "bucket=minute&from=2025-12-01T00:00:00Z&to=2026-01-01T00:00:00Z, INVALID_INPUT, from"
    })
    void refusesAParameterThatIsWrongNamingIt(String query, Problem expected, String name) {
        usage(query).spec(problemAt(expected, "/" + name));
    }

    @Test
    void knowsEveryZoneThatItAccepts() {
        String token = Tokens.person(user);
        List<String> unknown = java.time.ZoneId.getAvailableZoneIds().stream()
                .sorted()
                .filter(zone -> !zone.startsWith("SystemV/"))
                .filter(zone -> given().auth()
                                .oauth2(token)
                                .queryParam("time_zone", zone)
                                .get(PATH, user)
                                .statusCode()
                        != 200)
                .toList();

        assertEquals(List.of(), unknown);
    }

    private ValidatableResponse usage(String query) {
        return given().auth()
                .oauth2(Tokens.person(user))
                .urlEncodingEnabled(false)
                .header("Daftar-Position", rows.position())
                .get("/v1/users/" + user + "/usage?" + query)
                .then();
    }
}
