package daftar.identity.session;

import static daftar.identity.Api.PASSWORD;
import static daftar.identity.Api.loggingIn;
import static daftar.identity.Api.login;
import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.newSession;
import static daftar.identity.Api.refreshing;
import static daftar.identity.Api.register;
import static daftar.identity.Api.revoking;
import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.identity.Api.Session;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class SessionResourceTest {

    private final Stack stack = Stack.current();

    @Test
    void aLoginGivesTokensThatNobodyMayKeepACopyOf() {
        String email = newEmail();
        UUID user = register(email);
        loggingIn(email.toUpperCase(Locale.ROOT), PASSWORD)
                .then()
                .statusCode(201)
                .header("Cache-Control", "no-store")
                .header("Daftar-Position", notNullValue())
                .body("token_type", equalTo("Bearer"))
                .body("expires_in", equalTo(300))
                .body("refresh_expires_in", allOf(greaterThan(13 * 86_400), lessThanOrEqualTo(14 * 86_400)))
                .body("refresh_token", matchesPattern("[A-Za-z0-9_-]{70}"))
                .body("user_id", equalTo(user.toString()));
    }

    @Test
    void aLoginIsRemembered() {
        Session session = newSession();
        given().auth()
                .oauth2(session.accessToken())
                .get("/v1/users/me")
                .then()
                .statusCode(200)
                .body("last_login", not(emptyString()));
        assertEquals(
                1,
                stack.number(
                        "identity_owner",
                        "SELECT count(*) FROM users WHERE id = ? AND last_login > timezone('UTC', now()) - interval '1 minute'",
                        session.userId()));
    }

    @Test
    void wrongPasswordAndUnknownPersonGetTheSameAnswer() {
        String email = newEmail();
        register(email);
        Response wrong = loggingIn(email, "incorrect horse battery");
        Response unknown = loggingIn(newEmail(), PASSWORD);
        wrong.then().spec(problem(Problem.WRONG_CREDENTIALS));
        assertEquals(wrong.body().asString(), unknown.body().asString());
        assertEquals(wrong.statusCode(), unknown.statusCode());
        assertEquals(wrong.headers().toString(), unknown.headers().toString());
    }

    /** Without the work for nobody an unknown address is answered ten times as fast. */
    @Test
    void anUnknownPersonTakesAsLongAsAWrongPassword() {
        String email = newEmail();
        register(email);
        long known = medianNanos(() -> loggingIn(email, "incorrect horse battery"));
        long unknown = medianNanos(() -> loggingIn(newEmail(), "incorrect horse battery"));
        assertTrue(unknown > known / 2, "known " + known + " ns, unknown " + unknown + " ns");
        assertTrue(known > unknown / 2, "known " + known + " ns, unknown " + unknown + " ns");
    }

    @Test
    void whoIsNotActiveCannotLogInNorGoOn() {
        String email = newEmail();
        UUID user = register(email);
        Session session = login(email);
        stack.execute("identity_owner", "UPDATE users SET status = 'suspended' WHERE id = ?", user);
        loggingIn(email, PASSWORD).then().spec(problem(Problem.WRONG_CREDENTIALS));
        refreshing(session.refreshToken()).then().spec(problem(Problem.WRONG_CREDENTIALS));
    }

    @Test
    void aHashOfAnotherCostIsRenewedAtLogin() {
        String email = newEmail();
        UUID user = register(email);
        String cheap = com.password4j.Password.hash(PASSWORD)
                .addRandomSalt(16)
                .with(com.password4j.Argon2Function.getInstance(1024, 1, 1, 32, com.password4j.types.Argon2.ID))
                .getResult();
        stack.execute("identity_owner", "UPDATE credentials SET password_hash = ? WHERE user_id = ?", cheap, user);
        login(email);
        String renewed =
                (String) stack.query("identity_owner", "SELECT password_hash FROM credentials WHERE user_id = ?", user)
                        .get(0)
                        .get("password_hash");
        assertTrue(renewed.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"), renewed);
        login(email);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{                                          ; MALFORMED_REQUEST",
                "[]                                         ; MALFORMED_REQUEST",
                "{\"email\":1,\"password\":\"x\"}           ; MALFORMED_REQUEST",
                "{\"email\":\"a\",\"password\":\"x\",\"b\":1} ; MALFORMED_REQUEST",
                "{\"email\":\"a@b.c\"}                      ; INVALID_INPUT",
                "{\"password\":\"x\"}                       ; INVALID_INPUT",
                "{\"email\":\"a\\u0000b\",\"password\":\"x\"} ; INVALID_INPUT",
                "null                                       ; INVALID_INPUT"
            })
    void anUnreadableLoginIsRefused(String body, Problem expected) {
        given().contentType(ContentType.JSON)
                .body(body)
                .post("/v1/sessions")
                .then()
                .spec(problem(expected));
    }

    @Test
    void tooLongALoginIsRefused() {
        loggingIn("a".repeat(256), "x").then().spec(problemAt(Problem.INVALID_INPUT, "/email"));
        loggingIn("a@b.c", "x".repeat(257)).then().spec(problemAt(Problem.INVALID_INPUT, "/password"));
    }

    @Test
    void aRefreshGivesAnotherRefreshTokenAndAWorkingAccessToken() {
        Session session = newSession();
        Response refreshed = refreshing(session.refreshToken());
        refreshed
                .then()
                .statusCode(200)
                .header("Cache-Control", "no-store")
                .body("user_id", equalTo(session.userId().toString()));
        assertNotEquals(session.refreshToken(), refreshed.path("refresh_token"));
        given().auth()
                .oauth2(refreshed.path("access_token"))
                .get("/v1/users/me")
                .then()
                .statusCode(200);
        refreshing(refreshed.path("refresh_token")).then().statusCode(200);
    }

    @Test
    void aTokenMayBeExchangedAgainForTheSameSuccessorWithinTheGrace() {
        Session session = newSession();
        String first = refreshing(session.refreshToken()).path("refresh_token");
        String again = refreshing(session.refreshToken()).path("refresh_token");
        assertEquals(first, again);
    }

    @Test
    void aTokenThatWasExchangedLongAgoEndsTheSession() {
        Session session = newSession();
        String successor = refreshing(session.refreshToken()).path("refresh_token");
        stack.execute(
                "identity_owner",
                "UPDATE sessions SET rotated_at = rotated_at - interval '21 seconds' WHERE user_id = ?",
                session.userId());
        refreshing(session.refreshToken()).then().spec(problem(Problem.WRONG_CREDENTIALS));
        refreshing(successor).then().spec(problem(Problem.WRONG_CREDENTIALS));
        assertEquals("reuse", revokedReason(session));
    }

    @Test
    void aTokenOfTwoGenerationsAgoEndsTheSessionEvenWithinTheGrace() {
        Session session = newSession();
        String second = refreshing(session.refreshToken()).path("refresh_token");
        String third = refreshing(second).path("refresh_token");
        refreshing(session.refreshToken()).then().spec(problem(Problem.WRONG_CREDENTIALS));
        refreshing(third).then().spec(problem(Problem.WRONG_CREDENTIALS));
    }

    @Test
    void anExpiredSessionCannotBeRefreshed() {
        Session session = newSession();
        stack.execute("identity_owner", "UPDATE sessions SET expires_at = now() WHERE user_id = ?", session.userId());
        refreshing(session.refreshToken()).then().spec(problem(Problem.WRONG_CREDENTIALS));
    }

    /** A session's id is no secret: whoever knows it must not be able to end or go on with the session. */
    @Test
    void aForgedTokenChangesNothing() {
        Session session = newSession();
        String forged = session.refreshToken().substring(0, 60) + "AAAAAAAAAA";
        refreshing(forged).then().spec(problem(Problem.WRONG_CREDENTIALS));
        revoking(forged).then().statusCode(204);
        refreshing(session.refreshToken()).then().statusCode(200);
    }

    @Test
    void aLogoutEndsTheSessionAndNoOtherOfTheSamePerson() {
        String email = newEmail();
        register(email);
        Session phone = login(email);
        Session web = login(email);
        revoking(phone.refreshToken()).then().statusCode(204).body(emptyString());
        refreshing(phone.refreshToken()).then().spec(problem(Problem.WRONG_CREDENTIALS));
        refreshing(web.refreshToken()).then().statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "not base64!", "AAAA", "____________________________________________________"})
    void aTextThatIsNoTokenIsWorthNothingAndNoError(String text) {
        refreshing(text).then().spec(problem(Problem.WRONG_CREDENTIALS));
        revoking(text).then().statusCode(204);
    }

    @Test
    void theDatabaseAloneHoldsNothingThatCouldBePresented() {
        Session session = newSession();
        String row = stack.query(
                        "identity_owner",
                        "SELECT sessions::text AS row FROM sessions WHERE user_id = ?",
                        session.userId())
                .get(0)
                .get("row")
                .toString();
        String seal = new java.math.BigInteger(
                        1,
                        java.util.Arrays.copyOfRange(
                                java.util.Base64.getUrlDecoder().decode(session.refreshToken()), 20, 52))
                .toString(16);
        assertTrue(!row.contains(session.refreshToken()) && !row.contains(seal), "the row holds the token");
    }

    private String revokedReason(Session session) {
        return (String)
                stack.query("identity_owner", "SELECT revoked_reason FROM sessions WHERE user_id = ?", session.userId())
                        .get(0)
                        .get("revoked_reason");
    }

    private static long medianNanos(Supplier<Response> request) {
        return IntStream.range(0, 11)
                .mapToLong(i -> {
                    long start = System.nanoTime();
                    assertEquals(401, request.get().statusCode());
                    return System.nanoTime() - start;
                })
                .sorted()
                .skip(5)
                .findFirst()
                .orElseThrow();
    }
}
