package daftar.analytics.interaction;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
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
import io.restassured.config.JsonConfig;
import io.restassured.config.RestAssuredConfig;
import io.restassured.path.json.config.JsonPathConfig.NumberReturnType;
import io.restassured.response.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class InteractionResourceTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String writer = Tokens.service("interactions:write");
    private final String reader = Tokens.service("profiles:read");

    @Test
    void countsInteractionsInTheProfileOfTheirConcept() {
        UUID first = UUID.randomUUID();
        UUID second = UUID.randomUUID();
        Response recorded = Sent.post(
                writer,
                user,
                Sent.json(List.of(
                        Sent.interaction(first, "fractions", true, "2026-03-01T10:00:00Z"),
                        Sent.interaction(second, "fractions", false, "2026-03-02T10:00:00+02:00"))));
        recorded.then()
                .statusCode(200)
                .header("Daftar-Position", notNullValue())
                .body("results.id", contains(first.toString(), second.toString()))
                .body("results.result", contains("accepted", "accepted"));

        double afterRight = 9 / 11.0 + 2 / 11.0 * 0.15;
        double seen = afterRight * 0.1 / (afterRight * 0.1 + (1 - afterRight) * 0.8);
        given().config(RestAssuredConfig.config()
                        .jsonConfig(JsonConfig.jsonConfig().numberReturnType(NumberReturnType.DOUBLE)))
                .auth()
                .oauth2(reader)
                .header("Daftar-Position", recorded.header("Daftar-Position"))
                .get(Sent.PROFILES + "/mathematics/fractions", user)
                .then()
                .statusCode(200)
                .body("user_id", equalTo(user.toString()))
                .body("subject", equalTo("mathematics"))
                .body("concept", equalTo("fractions"))
                .body("mastery_score", closeTo(seen + (1 - seen) * 0.15, 1e-12))
                .body("last_interaction", equalTo("2026-03-02T08:00:00Z"))
                .body("total_interactions", equalTo(2))
                .body("streak_days", equalTo(2))
                .body("current_streak_days", equalTo(0));
        assertEquals(
                recorded.<Map<String, Object>>path("profiles[0]"),
                profile(recorded, "fractions").path("$"));
    }

    @Test
    void aStreakThatReachesTodayIsCurrent() {
        Instant now = Instant.now();
        Response recorded = Sent.post(
                Tokens.person(user),
                user,
                Sent.json(List.of(
                        Sent.interaction(
                                UUID.randomUUID(),
                                "fractions",
                                true,
                                now.minus(Duration.ofDays(1)).toString()),
                        Sent.interaction(UUID.randomUUID(), "fractions", true, now.toString()))));
        recorded.then().statusCode(200);
        int streak = profile(recorded, "fractions").path("streak_days");
        assertEquals(streak, profile(recorded, "fractions").<Integer>path("current_streak_days"));
    }

    @Test
    void theSameInteractionAgainCountsNothing() {
        String body = Sent.json(List.of(Sent.interactionWith("correct", true)));
        Sent.post(writer, user, body).then().body("results.result", contains("accepted"));
        for (int i = 0; i < 3; i++) {
            Sent.post(writer, user, body)
                    .then()
                    .statusCode(200)
                    .body("results.result", contains("duplicate"))
                    .body("profiles", empty());
        }
        assertEquals(1, total());
    }

    @Test
    void anIdTwiceInOneRequestCountsOnce() {
        Map<String, Object> one = Sent.interactionWith("correct", true);
        Sent.post(writer, user, Sent.json(List.of(one, one)))
                .then()
                .statusCode(200)
                .body("results.result", contains("accepted", "duplicate"))
                .body("profiles[0].total_interactions", equalTo(1));
    }

    @Test
    void aKnownIdWithAnotherContentIsAConflictAndNothingOfTheRequestCounts() {
        Map<String, Object> known = Sent.interactionWith("correct", true);
        Sent.post(writer, user, Sent.json(List.of(known))).then().statusCode(200);
        for (Map.Entry<String, Object> change : Map.<String, Object>of(
                        "correct", false,
                        "subject", "physics",
                        "concept", "other",
                        "occurred_at", "2026-03-01T10:00:00.000001Z",
                        "time_zone", "Europe/Berlin")
                .entrySet()) {
            Map<String, Object> changed = new java.util.HashMap<>(known);
            changed.put(change.getKey(), change.getValue());
            Sent.post(writer, user, Sent.json(List.of(Sent.interactionWith("correct", true), changed)))
                    .then()
                    .spec(problem(Problem.CONFLICT));
            Sent.post(writer, user, Sent.json(List.of(Sent.interactionWith("id", known.get("id")), changed)))
                    .then()
                    .spec(problem(Problem.CONFLICT));
        }
        UUID other = stack.newUser();
        Sent.post(writer, other, Sent.json(List.of(known))).then().spec(problem(Problem.CONFLICT));
        assertEquals(1, total());
        assertEquals(1, stack.number("analytics_owner", "SELECT count(*) FROM interactions WHERE user_id = ?", user));
        assertEquals(0, stack.number("analytics_owner", "SELECT count(*) FROM interactions WHERE user_id = ?", other));
    }

    @Test
    void refusesInteractionsOfAnUnknownUser() {
        Sent.post(writer, UUID.randomUUID(), Sent.json(List.of(Sent.interactionWith("correct", true))))
                .then()
                .spec(problem(Problem.UNKNOWN_REFERENCE));
    }

    @ParameterizedTest
    @CsvSource({
        "subject, ''",
        "concept, ''",
        "time_zone, Mars/Olympus",
        "time_zone, +02:00",
        "time_zone, UTC+2",
        "time_zone, ''",
        "occurred_at, 1999-12-31T23:59:59Z",
        "occurred_at, 2999-01-01T00:00:00Z",
        "occurred_at, +999999999-01-01T00:00:00Z"
    })
    void refusesAValueOutOfItsRange(String field, String value) {
        refuse(field, value);
    }

    @Test
    void refusesWhatIsLongerThanItsColumnAndControlCharacters() {
        refuse("subject", "s".repeat(101));
        refuse("concept", "c".repeat(201));
        refuse("subject", "a\0b");
        refuse("concept", "a\ud800b");
        refuse("id", null);
        refuse("correct", null);
        refuse("occurred_at", null);
    }

    @Test
    void takes500InteractionsAndRefusesNoneOr501() {
        List<Map<String, Object>> many = java.util.stream.IntStream.range(0, 501)
                .mapToObj(i -> Sent.interactionWith("concept", "c" + i % 7))
                .toList();
        Sent.post(writer, user, Sent.json(many)).then().spec(problemAt(Problem.INVALID_INPUT, "/interactions"));
        Sent.post(writer, user, Sent.json(List.of())).then().spec(problemAt(Problem.INVALID_INPUT, "/interactions"));
        assertEquals(0, total());
        Sent.post(writer, user, Sent.json(many.subList(0, 500))).then().statusCode(200);
        assertEquals(500, total());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "{\"interactions\": {}}",
                "{\"interactions\": [], \"extra\": 1}",
                "{\"interactions\": [{\"id\": 7}]}",
                "{\"interactions\": [{\"id\": \"no-id\"}]}",
                "{\"interactions\": [{\"correct\": \"true\"}]}",
                "{\"interactions\": [{\"correct\": 1}]}",
                "{\"interactions\": [{\"occurred_at\": 1790000000}]}",
                "{\"interactions\": [{\"occurred_at\": \"yesterday\"}]}",
                "{\"interactions\": [{\"mastery_score\": 1.0}]}"
            })
    void refusesABodyThatCannotBeRead(String body) {
        Sent.post(writer, user, body).then().spec(problem(Problem.MALFORMED_REQUEST));
        assertEquals(0, total());
    }

    @Test
    void listsProfilesBySubjectAndConceptPageByPage() {
        Response recorded = Sent.post(
                writer,
                user,
                Sent.json(List.of(
                        Sent.interactionWith("concept", "c3"),
                        Sent.interactionWith("concept", "c1"),
                        Sent.interactionWith("concept", "c2"),
                        Sent.interactionWith("subject", "arabic"))));
        Response first = read(reader, recorded, Sent.PROFILES + "?limit=3");
        first.then().body("items.concept", contains("fractions", "c1", "c2")).body("next_cursor", notNullValue());
        read(reader, recorded, Sent.PROFILES + "?limit=3&cursor=" + first.path("next_cursor"))
                .then()
                .body("items.concept", contains("c3"))
                .body("next_cursor", nullValue());
        read(reader, recorded, Sent.PROFILES + "?subject=arabic")
                .then()
                .body("items.concept", contains("fractions"))
                .body("items.subject", contains("arabic"));
        read(reader, recorded, Sent.PROFILES + "?cursor=nonsense!").then().spec(problem(Problem.MALFORMED_REQUEST));
        read(reader, recorded, Sent.PROFILES + "?limit=0").then().spec(problemAt(Problem.INVALID_INPUT, "/limit"));
        read(reader, recorded, Sent.PROFILES + "/mathematics/unknown").then().spec(problem(Problem.NOT_FOUND));
    }

    private void refuse(String field, Object value) {
        Sent.post(
                        writer,
                        user,
                        Sent.json(List.of(Sent.interactionWith("correct", true), Sent.interactionWith(field, value))))
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/interactions/1/" + field));
        assertEquals(0, total());
    }

    private Response profile(Response after, String concept) {
        return read(reader, after, Sent.PROFILES + "/mathematics/" + concept);
    }

    private Response read(String token, Response after, String path) {
        return given().auth()
                .oauth2(token)
                .header("Daftar-Position", after.header("Daftar-Position"))
                .get(path, user);
    }

    private long total() {
        return stack.number(
                "analytics_owner",
                "SELECT coalesce(sum(total_interactions), 0) FROM learning_profiles WHERE user_id = ?",
                user);
    }
}
