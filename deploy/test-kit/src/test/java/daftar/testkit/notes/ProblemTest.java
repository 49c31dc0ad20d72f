package daftar.testkit.notes;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.page.Page.Cursor;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class ProblemTest {

    private final Stack stack = Stack.current();

    @BeforeEach
    void table() {
        Notes.createTable(stack);
    }

    private static RequestSpecification writer() {
        return given().auth().oauth2(Tokens.service("notes:write")).contentType("application/json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[1",
                "nonsense",
                "{\"id\":}",
                "{\"text\":\"a\"} trailing",
                "{\"text\":\"a\",\"text\":\"b\"}"
            })
    void bodiesThatAreNoJsonAreMalformed(String body) {
        writer().body(body)
                .post("/v1/notes")
                .then()
                .statusCode(org.hamcrest.Matchers.oneOf(400, 422))
                .contentType("application/problem+json")
                .body("type", notNullValue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"unknown\":1} | /unknown",
                "{\"id\":7} | /id",
                "{\"id\":\"no-uuid\"} | /id",
                "{\"text\":7} | /text",
                "{\"written_at\":1790000000} | /written_at",
                "{\"written_at\":\"yesterday\"} | /written_at",
                "{\"origin\":{\"device\":{}}} | /origin/device",
                "{\"origin\":[]} | /origin"
            })
    void valuesOfTheWrongFormAreNamedByTheirPlace(String body, String pointer) {
        writer().body(body).post("/v1/notes").then().spec(problemAt(Problem.MALFORMED_REQUEST, pointer));
    }

    @Test
    void everyBrokenRuleIsNamedByItsPlace() {
        writer().body("{\"text\":\"" + "x".repeat(21) + "\",\"origin\":{\"device\":\" \"}}")
                .post("/v1/notes")
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/text"))
                .spec(problemAt(Problem.INVALID_INPUT, "/id"))
                .spec(problemAt(Problem.INVALID_INPUT, "/user_id"))
                .spec(problemAt(Problem.INVALID_INPUT, "/origin/device"));
    }

    @Test
    void parametersThatBreakARuleAreNamed() {
        given().auth()
                .oauth2(Tokens.staff("support"))
                .get("/v1/users/{id}/notes?limit=11", UUID.randomUUID())
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/limit"));
    }

    @Test
    void whatExistsAlreadyIsAConflictAndWhatIsNotThereAnUnknownReference() {
        UUID user = stack.newUser();
        UUID id = UUID.randomUUID();
        writer().body(Notes.note(id, user)).post("/v1/notes").then().statusCode(200);
        writer().body(Notes.note(id, user)).post("/v1/notes").then().spec(problem(Problem.CONFLICT));
        writer().body(Notes.note(UUID.randomUUID(), UUID.randomUUID()))
                .post("/v1/notes")
                .then()
                .spec(problem(Problem.UNKNOWN_REFERENCE))
                .body(not(containsString("notes_user_id_fkey")));
        assertEquals(1, stack.number("consent_owner", "SELECT count(*) FROM notes WHERE user_id = ?", user));
    }

    @ParameterizedTest
    @EnumSource(Problem.class)
    void everyTypeLeadsToItsExplanation(Problem problem) {
        String page = given().get(problem.type().getPath())
                .then()
                .statusCode(200)
                .extract()
                .asString();
        assertTrue(page.contains("<section id=\"" + problem.type().getFragment() + "\">"));
    }

    @Test
    void aTextThatTheDatabaseCannotStoreIsInvalid() {
        writer().body(Notes.note(UUID.randomUUID(), stack.newUser()).replace("hello", "a\\u0000b"))
                .post("/v1/notes")
                .then()
                .spec(problem(Problem.INVALID_INPUT));
    }

    @Test
    void aConnectionThatIsLostIsNoFaultOfTheCaller() {
        given().post("/v1/terminated").then().spec(problem(Problem.UNAVAILABLE)).header("Retry-After", notNullValue());
        given().get("/v1/lost").then().spec(problem(Problem.UNAVAILABLE)).header("Retry-After", notNullValue());
    }

    @Test
    void ourOwnFaultIsA500ThatTellsNothing() {
        given().get("/v1/broken")
                .then()
                .statusCode(500)
                .contentType("application/problem+json")
                .body(not(containsString("no_such_column")))
                .body(not(containsString("Exception")))
                .body(not(containsString("SELECT")));
    }

    @Test
    void pathsMethodsAndMediaTypesThatDoNotExistAreProblemsToo() {
        given().get("/v1/nowhere").then().spec(problem(Problem.NOT_FOUND));
        given().delete("/v1/notes").then().statusCode(405).contentType("application/problem+json");
        given().auth()
                .oauth2(Tokens.service("notes:write"))
                .contentType("text/plain")
                .body("x")
                .post("/v1/notes")
                .then()
                .statusCode(415)
                .contentType("application/problem+json");
    }

    @Test
    void aPathThatIsNoUuidIsNotFound() {
        given().auth()
                .oauth2(Tokens.staff("support"))
                .get("/v1/users/{id}/notes", "not-a-uuid")
                .then()
                .spec(problem(Problem.NOT_FOUND));
    }

    /** Any bytes of a cursor's length are read as a time and an id, and most of those times do not exist. */
    @Test
    void noTextIsACursorThatBreaksAnything() {
        long seed = System.nanoTime();
        System.out.println("cursors made from seed " + seed);
        Random random = new Random(seed);
        for (int n = 0; n < 100; n++) {
            byte[] bytes = new byte[random.nextBoolean() ? 28 : 1 + random.nextInt(60)];
            random.nextBytes(bytes);
            String text = random.nextInt(4) == 0
                    ? new String(bytes, StandardCharsets.ISO_8859_1)
                    : Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            given().queryParam("cursor", text).get("/v1/cursor").then().spec(problem(Problem.MALFORMED_REQUEST));
        }
        for (long second :
                new long[] {Long.MIN_VALUE, Long.MAX_VALUE, Instant.MIN.getEpochSecond(), -1, 253402300800L}) {
            byte[] bytes = ByteBuffer.allocate(28).putLong(second).putInt(-1).array();
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            given().get("/v1/cursor?cursor=" + text).then().spec(problem(Problem.MALFORMED_REQUEST));
        }
    }

    @Test
    void cursorsComeBackAsTheyWereGivenAndForeignOnesAreMalformed() {
        String cursor = new Cursor(Instant.parse("2026-01-02T03:04:05.678901Z"), UUID.randomUUID()).toString();
        given().get("/v1/cursor?cursor=" + cursor)
                .then()
                .statusCode(200)
                .body("[0]", org.hamcrest.Matchers.equalTo(cursor));
        for (String foreign : new String[] {"x", "%20", cursor.substring(2), cursor + "AAAA"}) {
            given().get("/v1/cursor?cursor=" + foreign).then().spec(problem(Problem.MALFORMED_REQUEST));
        }
    }
}
