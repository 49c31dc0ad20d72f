package daftar.testkit.notes;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What repeating a request with an {@code Idempotency-Key} does. */
@QuarkusTest
@WithTestResource(TestStack.class)
class IdempotencyTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String key = UUID.randomUUID().toString();

    @BeforeEach
    void table() {
        Notes.createTable(stack);
    }

    @Test
    void aRepetitionIsGivenTheFirstAnswerAndHasNoSecondEffect() {
        Response first = write(key, "hello");
        Response second = write(key, "hello");

        assertEquals(200, first.statusCode());
        assertEquals(first.asString(), second.asString());
        assertEquals(1, notes());
    }

    @Test
    void theKeyMayBeQuoted() {
        write("\"" + key + "\"", "hello");
        write(key, "hello");
        assertEquals(1, notes());
    }

    @Test
    void withoutAKeyEveryRequestIsANewOne() {
        write(null, "hello");
        write(null, "hello");
        assertEquals(2, notes());
    }

    @Test
    void theKeyOfAnotherRequestIsRefused() {
        write(key, "hello");
        write(key, "goodbye").then().spec(problem(Problem.IDEMPOTENCY_KEY_REUSED));
        assertEquals(1, notes());
    }

    @Test
    void theKeyOfAnotherCallerIsAnotherKey() {
        write(key, "hello");
        UUID other = stack.newUser();
        post(Tokens.person(other), other, key, "hello").then().statusCode(200);
        assertEquals(1, notes());
    }

    @Test
    void aRequestThatFailedMayBeSentAgain() {
        write(key, "a text that is longer than it may be").then().spec(problem(Problem.INVALID_INPUT));
        write(key, "hello").then().statusCode(200);
        assertEquals(1, notes());
    }

    @Test
    void aFailedEffectLeavesNoAnswer() {
        UUID nobody = UUID.randomUUID();
        post(Tokens.person(nobody), nobody, key, "hello").then().spec(problem(Problem.UNKNOWN_REFERENCE));
        assertEquals(0, stack.number("consent_owner", "SELECT count(*) FROM idempotency_keys WHERE key = ?", key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "a b", "\"a", "é"})
    void aKeyThatIsNoneIsRefused(String malformed) {
        write(malformed, "hello").then().spec(problem(Problem.MALFORMED_REQUEST));
        write("k".repeat(256), "hello").then().spec(problem(Problem.MALFORMED_REQUEST));
        assertEquals(0, notes());
    }

    @Test
    void whileTheFirstIsAtWorkARepetitionIsToldSo() throws SQLException {
        try (Connection first = stack.connect("consent_app");
                Statement statement = first.createStatement()) {
            first.setAutoCommit(false);
            statement.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended('idempotency_keys " + user + " " + key + "', 0))");
            write(key, "hello")
                    .then()
                    .spec(problem(Problem.REQUEST_IN_PROGRESS))
                    .header("Retry-After", equalTo("2"));
            first.rollback();
        }
        write(key, "hello").then().statusCode(200);
    }

    @Test
    void ofManyAtOnceOneHasTheEffect() {
        ExecutorService callers = Executors.newFixedThreadPool(12);
        try {
            List<CompletableFuture<Integer>> answers = IntStream.range(0, 24)
                    .mapToObj(n -> CompletableFuture.supplyAsync(
                            () -> write(key, "hello").statusCode(), callers))
                    .toList();
            Map<Integer, Long> statuses = answers.stream()
                    .map(CompletableFuture::join)
                    .collect(Collectors.groupingBy(status -> status, Collectors.counting()));
            assertTrue(statuses.getOrDefault(200, 0L) >= 1, statuses::toString);
            assertTrue(List.of(200, 409).containsAll(statuses.keySet()), statuses::toString);
        } finally {
            callers.shutdown();
        }
        assertEquals(1, notes());
    }

    @Test
    void anAnswerIsForgottenAfterADay() {
        write(key, "hello");
        stack.execute("consent_owner", """
                INSERT INTO idempotency_keys (caller, key, fingerprint, answer, recorded_at)
                SELECT caller, key || age, fingerprint, answer, now() - make_interval(mins => age)
                FROM idempotency_keys
                CROSS JOIN (VALUES (23 * 60 + 50), (24 * 60 + 1)) AS ages (age)
                WHERE key = ?
                """, key);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> answers() == 2);
        write(key, "hello").then().statusCode(200);
        assertEquals(1, notes());
    }

    private long answers() {
        return stack.number("consent_owner", "SELECT count(*) FROM idempotency_keys WHERE key LIKE ? || '%'", key);
    }

    private Response write(String idempotencyKey, String text) {
        return post(Tokens.person(user), user, idempotencyKey, text);
    }

    private static Response post(String token, UUID user, String idempotencyKey, String text) {
        var request = given().auth().oauth2(token).contentType(ContentType.JSON).body(Map.of("text", text));
        if (idempotencyKey != null) {
            request = request.header("Idempotency-Key", idempotencyKey);
        }
        return request.post("/v1/users/{user_id}/notes", user);
    }

    private long notes() {
        return stack.number("consent_owner", "SELECT count(*) FROM notes WHERE user_id = ?", user);
    }
}
