package daftar.identity.user;

import static daftar.identity.Api.PASSWORD;
import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.newSession;
import static daftar.identity.Api.registering;
import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.identity.Api;
import daftar.identity.Api.Session;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UserChangeTest {

    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final Stack stack = Stack.current();

    @Test
    void aChangeMergesTheProfileAndMakesANewVersion() {
        String email = newEmail();
        registering(Map.of(
                        "email",
                        email,
                        "password",
                        PASSWORD,
                        "phone",
                        "+201001234567",
                        "profile",
                        Map.of("locale", "ar-EG", "school", Map.of("name", "N", "grade", 3))))
                .then()
                .statusCode(201);
        Session session = Api.login(email);
        Response changed = changing(
                session.accessToken(),
                session.userId(),
                "\"0\"",
                "{\"phone\":null,\"profile\":{\"school\":{\"grade\":4,\"name\":null},\"country\":\"EG\"}}");
        changed.then()
                .statusCode(200)
                .header("ETag", "\"1\"")
                .body("phone", nullValue())
                .body("profile", equalTo(Map.of("locale", "ar-EG", "country", "EG", "school", Map.of("grade", 4))));
        given().auth()
                .oauth2(session.accessToken())
                .header("Daftar-Position", changed.header("Daftar-Position"))
                .get("/v1/users/me")
                .then()
                .header("ETag", "\"1\"")
                .body("profile.school.grade", equalTo(4));
        changing(session.accessToken(), session.userId(), "\"1\"", "{\"profile\":null}")
                .then()
                .statusCode(200)
                .body("profile", nullValue());
    }

    @Test
    void aChangeThatChangesNothingKeepsTheVersion() {
        Session session = newSession();
        changing(session.accessToken(), session.userId(), "\"0\"", "{}")
                .then()
                .statusCode(200)
                .header("ETag", "\"0\"");
    }

    @Test
    void aChangeOfAnOutdatedVersionIsRefused() {
        Session session = newSession();
        changing(session.accessToken(), session.userId(), "\"0\"", "{\"phone\":\"+201001234567\"}")
                .then()
                .statusCode(200);
        changing(session.accessToken(), session.userId(), "\"0\"", "{\"phone\":\"+201007654321\"}")
                .then()
                .spec(problem(Problem.OUTDATED));
        changing(session.accessToken(), session.userId(), "W/\"1\"", "{\"phone\":\"+201007654321\"}")
                .then()
                .spec(problem(Problem.OUTDATED));
        assertEquals("+201001234567", phoneOf(session));
    }

    @Test
    void ofManyChangesOfOneVersionAtOnceOneSucceeds() {
        Session session = newSession();
        List<CompletableFuture<Integer>> answers = Stream.iterate(0, i -> i + 1)
                .limit(10)
                .map(i -> CompletableFuture.supplyAsync(() -> changing(
                                session.accessToken(), session.userId(), "\"0\"", "{\"profile\":{\"tab\":" + i + "}}")
                        .statusCode()))
                .toList();
        List<Integer> statuses =
                answers.stream().map(CompletableFuture::join).sorted().toList();
        assertEquals(200, statuses.get(0));
        assertEquals(9, statuses.stream().filter(status -> status == 412).count());
    }

    @Test
    void aChangeWithoutIfMatchIsRefused() {
        Session session = newSession();
        given().auth()
                .oauth2(session.accessToken())
                .contentType(MERGE_PATCH)
                .body("{\"phone\":\"+201001234567\"}")
                .patch("/v1/users/" + session.userId())
                .then()
                .spec(problem(Problem.PRECONDITION_REQUIRED));
        assertEquals(null, phoneOf(session));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"email\":\"other@test.invalid\"}          ; 422",
                "{\"id\":null}                               ; 422",
                "{\"status\":\"suspended\"}                  ; 422",
                "{\"phone\":\"12345\"}                       ; 422",
                "{\"phone\":201001234567}                    ; 422",
                "{\"profile\":\"text\"}                      ; 422",
                "{\"profile\":{\"a\":\"\\u0000\"}}           ; 422",
                "{\"profile\":{\"a\":1e999}}                 ; 422",
                "{\"roles\":[\"administrator\"]}             ; 400",
                "{\"phone\":                                 ; 400",
                "[]                                          ; 400",
                "null                                        ; 400"
            })
    void aChangeThatCannotBeIsRefusedAndChangesNothing(String body, int status) {
        Session session = newSession();
        changing(session.accessToken(), session.userId(), "\"0\"", body)
                .then()
                .statusCode(status)
                .contentType("application/problem+json");
        assertEquals(
                0, stack.number("identity_owner", "SELECT version FROM users WHERE id = ?", session.userId()), body);
    }

    @Test
    void anIfMatchThatIsNoneIsRefused() {
        Session session = newSession();
        changing(session.accessToken(), session.userId(), "0", "{}").then().spec(problem(Problem.MALFORMED_REQUEST));
    }

    private static Response changing(String token, UUID person, String ifMatch, String body) {
        return given().auth()
                .oauth2(token)
                .contentType(MERGE_PATCH)
                .header("If-Match", ifMatch)
                .body(body)
                .patch("/v1/users/" + person);
    }

    private Object phoneOf(Session session) {
        return stack.query("identity_owner", "SELECT phone FROM users WHERE id = ?", session.userId())
                .get(0)
                .get("phone");
    }
}
