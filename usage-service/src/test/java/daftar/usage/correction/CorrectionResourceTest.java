package daftar.usage.correction;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.kit.problem.Problem;
import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An event of 10 tokens, 2 seconds and 0.00025 dollars is put right. */
@QuarkusTest
@WithTestResource(TestStack.class)
class CorrectionResourceTest {

    private static final String TIME = "2023-04-05T06:07:08Z";

    private final Stack stack = Stack.current();
    private final Rows rows = new Rows(stack);
    private final UUID user = stack.newUser();
    private final String token = Tokens.staff("support");
    private final UUID event;

    CorrectionResourceTest() {
        rows.used(user, "tutor", 10, TIME);
        event = (UUID) stack.query("usage_owner", "SELECT id FROM usage_logs WHERE user_id = ?", user)
                .get(0)
                .get("id");
    }

    @Test
    void aVoidTakesAwayAllThatCountedAtTheEventsOwnTimeAndLeavesTheRow() {
        rows.used(user, "tutor", 3, TIME);

        Response voided = correct("void", "");

        voided.then()
                .statusCode(201)
                .body("event_id", equalTo(event.toString()))
                .body("service_name", equalTo("tutor"))
                .body("timestamp", equalTo(TIME))
                .body("events", equalTo(-1))
                .body("tokens_used", equalTo(-10))
                .body("speech_seconds", equalTo(-2))
                .body("cost_usd", equalTo("-0.000250"));
        assertRollups(1, 3, 2, "0.000250");
        assertEquals(2, stack.number("usage_owner", "SELECT count(*) FROM usage_logs WHERE user_id = ?", user));
    }

    @Test
    void anAdjustmentAddsItsAmounts() {
        correct("adjust", ",\"tokens_used\":-4,\"cost_usd\":\"-0.00005\"")
                .then()
                .statusCode(201)
                .body("events", equalTo(0))
                .body("tokens_used", equalTo(-4))
                .body("speech_seconds", equalTo(0))
                .body("cost_usd", equalTo("-0.000050"));
        correct("adjust", ",\"tokens_used\":1,\"speech_seconds\":5").then().statusCode(201);

        assertRollups(1, 7, 7, "0.000200");
    }

    @Test
    void aVoidAfterAdjustmentsTakesAwayWhatIsLeft() {
        correct("adjust", ",\"tokens_used\":-4");

        correct("void", "").then().statusCode(201).body("tokens_used", equalTo(-6));

        assertRollups(0, 0, 0, "0.000000");
        given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", rows.position())
                .get("/v1/users/{user_id}/usage?from=2023-04-01T00:00:00Z&to=2023-05-01T00:00:00Z", user)
                .then()
                .statusCode(200)
                .body("buckets", hasSize(0));
    }

    @Test
    void whatWasVoidedStaysSo() {
        correct("void", "").then().statusCode(201);

        correct("void", "").then().spec(problem(Problem.CONFLICT));
        correct("adjust", ",\"tokens_used\":1").then().spec(problem(Problem.CONFLICT));

        assertRollups(0, 0, 0, "0.000000");
    }

    @ParameterizedTest
    @CsvSource({
        "tokens_used, -11",
        "speech_seconds, -3",
        "cost_usd, '\"-0.000251\"'",
        "tokens_used, 2147483647",
        "cost_usd, '\"9999.999999\"'"
    })
    void noAmountFallsBelowZeroOrGrowsBeyondWhatAnEventCanHave(String field, String amount) {
        correct("adjust", ",\"" + field + "\":" + amount).then().spec(problem(Problem.INVALID_INPUT));

        assertRollups(1, 10, 2, "0.000250");
        assertEquals(0, corrections());
    }

    @Test
    void onlyTheUsersOwnEventsThatHaveCountedAreCorrected() {
        UUID other = stack.newUser();

        post(other, body("void", "", event), null).then().spec(problem(Problem.NOT_FOUND));
        post(user, body("void", "", UUID.randomUUID()), null).then().spec(problem(Problem.NOT_FOUND));

        assertRollups(1, 10, 2, "0.000250");
    }

    @Test
    void anEventWhoseRowHasLeftTheDatabaseIsNotCorrected() {
        UUID archived = UUID.randomUUID();
        stack.execute("usage_owner", "INSERT INTO usage_event_keys (id) VALUES (?)", archived);

        post(user, body("void", "", archived), null).then().spec(problem(Problem.CONFLICT));
    }

    @ParameterizedTest
    @CsvSource({"adjust, ''", "adjust, ',\"tokens_used\":0,\"cost_usd\":\"0.0\"'", "void, ',\"tokens_used\":-10'"})
    void aCorrectionSaysWhatItsKindNeeds(String kind, String amounts) {
        correct(kind, amounts).then().spec(problemAt(Problem.INVALID_INPUT, "/kind"));
    }

    @ParameterizedTest
    @CsvSource({"',\"cost_usd\":\"1e3\"', /cost_usd", "',\"tokens_used\":-2147483648', /tokens_used"})
    void badAmountsAreNamed(String amounts, String pointer) {
        correct("adjust", amounts).then().spec(problemAt(Problem.INVALID_INPUT, pointer));
    }

    @Test
    void aRepeatedRequestHasOneEffect() {
        String key = UUID.randomUUID().toString();
        String body = body("adjust", ",\"tokens_used\":-1", event);

        Response first = post(user, body, key);
        Response second = post(user, body, key);

        assertEquals(first.<String>path("id"), second.path("id"));
        assertRollups(1, 9, 2, "0.000250");
    }

    /** As many as there are tokens succeed, and not one more. */
    @Test
    void manyAtATimeNeverTakeMoreThanThereIs() {
        List<CompletableFuture<Integer>> answers = IntStream.range(0, 16)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> correct("adjust", ",\"tokens_used\":-1").statusCode()))
                .toList();

        assertEquals(10, answers.stream().filter(answer -> answer.join() == 201).count());
        assertRollups(1, 0, 2, "0.000250");
    }

    @Test
    void ofManyVoidsAtATimeOneSucceeds() {
        List<CompletableFuture<Integer>> answers = IntStream.range(0, 8)
                .mapToObj(i ->
                        CompletableFuture.supplyAsync(() -> correct("void", "").statusCode()))
                .toList();

        assertEquals(
                List.of(201, 409, 409, 409, 409, 409, 409, 409),
                answers.stream().map(CompletableFuture::join).sorted().toList());
        assertRollups(0, 0, 0, "0.000000");
    }

    @Test
    void aCorrectionIsToldOfOnTheTopicAsTheCatalogueDescribesIt() {
        Response voided = correct("void", "");
        correct("void", "");

        List<JsonNode> events = Published.events(stack, "usage-events", user, 1);

        assertEquals(1, events.size());
        JsonNode told = events.get(0);
        assertEquals(voided.path("id"), told.get("correction_id").textValue());
        assertEquals(event.toString(), told.get("event_id").textValue());
        assertEquals(user.toString(), told.get("user_id").textValue());
        assertEquals("void", told.get("kind").textValue());
        assertEquals("tutor", told.get("service_name").textValue());
        assertEquals(TIME, told.get("timestamp").textValue());
        assertEquals(-10, told.get("tokens_used").intValue());
        assertEquals("-0.000250", told.get("cost_usd").textValue());
        assertEquals("a wrong meter", told.get("reason").textValue());
        assertEquals(voided.path("actor"), told.get("actor").textValue());
    }

    @Test
    void correctionsAreListedAndStandBesideTheirRow() {
        correct("adjust", ",\"tokens_used\":-4");
        Response last = correct("void", "");
        rows.used(user, "chat", 1, TIME);

        String cursor = list(last, 1, null)
                .then()
                .statusCode(200)
                .body("items[0].kind", equalTo("void"))
                .body("items[0].reason", equalTo("a wrong meter"))
                .extract()
                .path("next_cursor");
        list(last, 1, cursor).then().body("items[0].kind", equalTo("adjust")).body("next_cursor", nullValue());
        given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", rows.position())
                .get("/v1/users/{user_id}/usage/logs?from=2023-04-01T00:00:00Z&to=2023-05-01T00:00:00Z", user)
                .then()
                .statusCode(200)
                .body("items", hasSize(2))
                .body("items.find { it.service_name == 'chat' }.corrected", nullValue())
                .body("items.find { it.service_name == 'tutor' }.tokens_used", equalTo(10))
                .body("items.find { it.service_name == 'tutor' }.corrected.voided", equalTo(true))
                .body("items.find { it.service_name == 'tutor' }.corrected.tokens_used", equalTo(-10))
                .body("items.find { it.service_name == 'tutor' }.corrected.cost_usd", equalTo("-0.000250"));
    }

    @Test
    void onlyStaffCorrectAndNoPersonReadsWhoDid() {
        for (String token : List.of(Tokens.person(user), Tokens.service("usage:read"))) {
            given().auth()
                    .oauth2(token)
                    .contentType("application/json")
                    .body(body("void", "", event))
                    .post("/v1/users/{user_id}/usage/corrections", user)
                    .then()
                    .spec(problem(Problem.FORBIDDEN));
        }
        given().auth()
                .oauth2(Tokens.person(user))
                .get("/v1/users/{user_id}/usage/corrections", user)
                .then()
                .spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void theApplicationCannotChangeACorrection() {
        assertThrows(
                RuntimeException.class,
                () -> stack.execute("usage_app", "UPDATE usage_corrections SET tokens_used = 0"));
    }

    private Response list(Response written, int limit, String cursor) {
        RequestSpecification request = given().auth()
                .oauth2(Tokens.staff("support"))
                .header("Daftar-Position", written.getHeader("Daftar-Position"))
                .queryParam("limit", limit);
        return (cursor == null ? request : request.queryParam("cursor", cursor))
                .get("/v1/users/{user_id}/usage/corrections", user);
    }

    private Response correct(String kind, String amounts) {
        return post(user, body(kind, amounts, event), null);
    }

    private Response post(UUID user, String body, String key) {
        RequestSpecification request =
                given().auth().oauth2(token).contentType("application/json").body(body);
        return (key == null ? request : request.header("Idempotency-Key", key))
                .post("/v1/users/{user_id}/usage/corrections", user);
    }

    private static String body(String kind, String amounts, UUID event) {
        return """
                {"event_id":"%s","kind":"%s","reason":"a wrong meter"%s}""".formatted(event, kind, amounts);
    }

    private long corrections() {
        return stack.number("usage_owner", "SELECT count(*) FROM usage_corrections WHERE user_id = ?", user);
    }

    /** The sums of each level. */
    private void assertRollups(long events, long tokens, long seconds, String costUsd) {
        List<Map<String, Object>> levels = stack.query("usage_owner", """
                SELECT sum(events)::bigint AS events,
                       sum(tokens_used)::bigint AS tokens_used,
                       sum(speech_seconds)::bigint AS speech_seconds,
                       sum(cost_usd) AS cost_usd
                FROM usage_rollups WHERE user_id = ? GROUP BY bucket_minutes""", user);
        Map<String, Object> level = Map.of(
                "events",
                events,
                "tokens_used",
                tokens,
                "speech_seconds",
                seconds,
                "cost_usd",
                new BigDecimal(costUsd));
        assertEquals(List.of(level, level, level), levels);
    }
}
