package daftar.usage.log;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UsageResourceTest {

    private static final String PATH = "/v1/users/{user_id}/usage";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();

    @Test
    void addsUpByDayAndService() {
        used("tutor", 5, "2026-01-02T00:00:00Z");
        used("tutor", 7, "2026-01-02T23:59:59.999999Z");
        used("chat", 11, "2026-01-02T12:00:00Z");
        used("tutor", 13, "2026-01-03T00:00:00Z");

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
        used("tutor", 1, "2026-01-02T00:00:00Z");
        used("tutor", 2, "2026-01-03T00:00:00Z");

        usage("from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z")
                .body("buckets", hasSize(1))
                .body("buckets[0].tokens_used", equalTo(1));
    }

    @Test
    void showsOneServiceAlone() {
        used("tutor", 1, "2026-01-02T00:00:00Z");
        used("chat", 2, "2026-01-02T00:00:00Z");

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
            used("tutor", 1, start.plus(Duration.ofHours(hour)).toString());
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

    @Test
    void answersWithTheLastThirtyDaysWhereNothingIsSaid() {
        used("tutor", 1, "2020-01-02T00:00:00Z");

        var answer = given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", position())
                .get(PATH, user)
                .then()
                .statusCode(200)
                .body("buckets", empty())
                .extract();

        assertEquals(
                Duration.ofDays(30),
                Duration.between(Instant.parse(answer.path("from")), Instant.parse(answer.path("to"))));
    }

    @Test
    void listsRowsNewestFirstPageByPageEvenOfTheSameInstant() {
        for (int i = 0; i < 5; i++) {
            used("tutor", i, "2026-01-02T00:00:00Z");
        }
        used("tutor", 100, "2026-01-03T00:00:00Z");

        List<Integer> tokens = new ArrayList<>();
        String cursor = "";
        do {
            var page = given().auth()
                    .oauth2(Tokens.person(user))
                    .header("Daftar-Position", position())
                    .get(PATH + "/logs?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&limit=2" + cursor, user)
                    .then()
                    .statusCode(200)
                    .extract();
            tokens.addAll(page.path("items.tokens_used"));
            cursor = page.path("next_cursor") == null ? null : "&cursor=" + page.path("next_cursor");
        } while (cursor != null);

        assertEquals(100, tokens.get(0));
        assertEquals(List.of(0, 1, 2, 3, 4, 100), tokens.stream().sorted().toList());
    }

    @Test
    void showsARowWithAllItsFields() {
        used("tutor", 1, "2026-01-02T00:00:00.000001Z");

        given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", position())
                .get(PATH + "/logs?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", user)
                .then()
                .statusCode(200)
                .body("items[0].timestamp", equalTo("2026-01-02T00:00:00.000001Z"))
                .body("items[0].cost_usd", equalTo("0.000250"))
                .body("items[0].metadata.model", equalTo("a"));
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
        "service_name=%00, INVALID_INPUT, service_name"
    })
    void refusesAParameterThatIsWrongNamingIt(String query, Problem expected, String name) {
        usage(query).spec(problemAt(expected, "/" + name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=501", "limit=x", "cursor=x", "cursor=AAAA"})
    void refusesAPageThatCannotBe(String query) {
        int status = given().auth()
                .oauth2(Tokens.person(user))
                .get(PATH + "/logs?" + query, user)
                .then()
                .contentType("application/problem+json")
                .extract()
                .statusCode();

        assertTrue(status >= 400 && status < 500, () -> "status " + status);
    }

    /** The ends of the times that a row can have; beyond them PostgreSQL would refuse what Java can write. */
    @ParameterizedTest
    @CsvSource({
        "1970-01-01T00:00:00Z, 200",
        "9999-12-31T23:59:59.999999999Z, 200",
        "1969-12-31T23:59:59Z, 400",
        "+1000000000-12-31T23:59:59Z, 400"
    })
    void takesAMadeUpCursorOfATimeThatARowCanHave(Instant time, int status) {
        String madeUp = new daftar.kit.page.Page.Cursor(time, user).toString();

        given().auth()
                .oauth2(Tokens.person(user))
                .get(PATH + "/logs?cursor=" + madeUp, user)
                .then()
                .statusCode(status);
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
                .header("Daftar-Position", position())
                .get("/v1/users/" + user + "/usage?" + query)
                .then();
    }

    /** What the primary has reached: the answer must hold the rows that were written there. */
    private String position() {
        return "1-"
                + stack.query("usage_owner", "SELECT pg_current_wal_lsn()::text AS lsn")
                        .get(0)
                        .get("lsn");
    }

    private void used(String service, int tokens, String time) {
        stack.query("usage_owner", "SELECT ensure_usage_logs_partition(?::timestamptz::date) AS made", time);
        stack.execute("usage_owner", """
                INSERT INTO usage_logs (user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd,
                                        metadata)
                VALUES (?, ?, ?, ?, 2, ?::timestamptz AT TIME ZONE 'UTC', 0.00025, '{"model":"a"}')""", user, user, service, tokens, time);
    }
}
