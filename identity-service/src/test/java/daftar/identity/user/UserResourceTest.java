package daftar.identity.user;

import static daftar.identity.Api.PASSWORD;
import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.register;
import static daftar.identity.Api.registering;
import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.identity.Api;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UserResourceTest {

    private final Stack stack = Stack.current();

    @Test
    void aRegistrationIsAnsweredWithWhatCanBeReadAtOnce() {
        String email = newEmail();
        Response registered = registering(Map.of(
                "email",
                email.toUpperCase(Locale.ROOT),
                "password",
                PASSWORD,
                "phone",
                "+201001234567",
                "profile",
                Map.of("givenName", "منى", "grades", List.of(1, 2.5), "nothing", Map.of())));
        String id = registered
                .then()
                .statusCode(201)
                .header("ETag", "\"0\"")
                .header("Daftar-Position", notNullValue())
                .body("email", equalTo(email))
                .body("phone", equalTo("+201001234567"))
                .body("status", equalTo("active"))
                .body("last_login", nullValue())
                .body("profile.givenName", equalTo("منى"))
                .extract()
                .path("id");
        registered.then().header("Location", endsWith("/v1/users/" + id));
        Response read = given().auth()
                .oauth2(Api.login(email).accessToken())
                .header("Daftar-Position", registered.header("Daftar-Position"))
                .get("/v1/users/" + id);
        read.then().statusCode(200).header("ETag", "\"0\"").body("last_login", notNullValue());
        assertEquals(registered.<Object>path("created_at"), read.path("created_at"));
        assertEquals(registered.<Object>path("profile"), read.path("profile"));
    }

    @Test
    void anEmailAddressIsTakenWhateverItsCase() {
        String email = newEmail();
        register(email);
        registering(Map.of("email", "P" + email.substring(1), "password", PASSWORD))
                .then()
                .spec(problem(Problem.CONFLICT));
        assertEquals(1, usersWith(email));
    }

    @Test
    void ofManyRegistrationsOfOneAddressAtOnceOneSucceeds() {
        String email = newEmail();
        List<CompletableFuture<Integer>> answers = Stream.generate(() ->
                        CompletableFuture.supplyAsync(() -> registering(Map.of("email", email, "password", PASSWORD))
                                .statusCode()))
                .limit(6)
                .toList();
        List<Integer> statuses =
                answers.stream().map(CompletableFuture::join).sorted().toList();
        assertEquals(List.of(201, 409, 409, 409, 409, 409), statuses);
        assertEquals(1, usersWith(email));
    }

    static Stream<Arguments> brokenRules() {
        return Stream.of(
                Arguments.of("/email", Map.of("email", "no-address")),
                Arguments.of("/email", Map.of("email", "a@nodot")),
                Arguments.of("/email", Map.of("email", " a@b.org")),
                Arguments.of("/email", Map.of("email", "a\u0000@b.org")),
                Arguments.of("/email", Map.of("email", "a@" + "b".repeat(60) + ".c".repeat(120))),
                Arguments.of("/password", Map.of("password", "fourteen chars")),
                Arguments.of("/password", Map.of("password", "x".repeat(129))),
                Arguments.of("/password", Map.of("password", "with a NUL \u0000 within")),
                Arguments.of("/phone", Map.of("phone", "0100 1234567")),
                Arguments.of("/phone", Map.of("phone", "+2010012345678901")),
                Arguments.of("/profile", Map.of("profile", Map.of("a", "x".repeat(9000)))),
                Arguments.of("/profile", Map.of("profile", Map.of("a", List.of("\u0000")))));
    }

    @ParameterizedTest
    @MethodSource("brokenRules")
    void aRegistrationThatBreaksARuleIsRefusedAndStoresNothing(String pointer, Map<String, ?> change) {
        long before = users();
        Map<String, Object> body = new HashMap<>(Map.of("email", newEmail(), "password", PASSWORD));
        body.putAll(change);
        registering(body).then().spec(problemAt(Problem.INVALID_INPUT, pointer));
        assertEquals(before, users());
    }

    @Test
    void aPasswordIsCountedInCharactersThatPeopleSee() {
        String fifteen = "🔑".repeat(15);
        String email = newEmail();
        registering(Map.of("email", email, "password", fifteen)).then().statusCode(201);
        Api.loggingIn(email, fifteen).then().statusCode(201);
        registering(Map.of("email", newEmail(), "password", "🔑".repeat(14)))
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/password"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{} {}",
                "{\"email\":\"a@b.org\",\"email\":\"c@d.org\",\"password\":\"long enough to pass\"}",
                "{\"email\":1,\"password\":\"long enough to pass\"}",
                "{\"email\":\"a@b.org\",\"password\":123456789012345678}",
                "{\"email\":\"a@b.org\",\"password\":\"long enough to pass\",\"status\":\"active\"}",
                "{\"email\":\"a@b.org\",\"password\":\"long enough to pass\",\"profile\":[]}",
                "{\"email\":\"a@b.org\",\"password\":\"long enough to pass\",\"profile\":\"text\"}"
            })
    void aRegistrationThatCannotBeReadIsRefusedAndStoresNothing(String body) {
        long before = users();
        int status = given().contentType(ContentType.JSON)
                .body(body)
                .post("/v1/users")
                .then()
                .contentType("application/problem+json")
                .extract()
                .statusCode();
        assertEquals(body.isEmpty() ? 422 : 400, status, body);
        assertEquals(before, users());
    }

    private long users() {
        return stack.number("identity_owner", "SELECT count(*) FROM users");
    }

    private long usersWith(String email) {
        return stack.number("identity_owner", "SELECT count(*) FROM users WHERE lower(email) = ?", email);
    }
}
