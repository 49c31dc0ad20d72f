package daftar.testkit.notes;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class AccessTest {

    private final Stack stack = Stack.current();

    @BeforeEach
    void table() {
        Notes.createTable(stack);
    }

    private static ValidatableResponse read(UUID user, String token) {
        return given().auth().oauth2(token).get("/v1/users/{id}/notes", user).then();
    }

    @Test
    void letsInEveryKindThatTheRuleNames() {
        UUID user = stack.newUser();
        read(user, Tokens.person(user)).statusCode(200);
        read(user, Tokens.service("other", "notes:read")).statusCode(200);
        read(user, Tokens.staff("support")).statusCode(200);
        read(user, Tokens.staff("administrator")).statusCode(200);
    }

    @Test
    void refusesEverybodyElse() {
        UUID user = stack.newUser();
        read(user, Tokens.person(stack.newUser())).spec(problem(Problem.FORBIDDEN));
        read(user, Tokens.service("notes:write")).spec(problem(Problem.FORBIDDEN));
        read(user, Tokens.service()).spec(problem(Problem.FORBIDDEN));
        read(user, Tokens.staff("janitor")).spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void refusesTokensThatAreNotGood() {
        UUID user = stack.newUser();
        given().get("/v1/users/{id}/notes", user)
                .then()
                .spec(problem(Problem.UNAUTHENTICATED))
                .header("WWW-Authenticate", equalTo("Bearer"));
        for (String token : Tokens.refused(user)) {
            read(user, token).spec(problem(Problem.UNAUTHENTICATED)).header("WWW-Authenticate", equalTo("Bearer"));
        }
    }

    @Test
    void anEndpointWithoutARuleRefusesEvenAnAdministrator() {
        given().auth()
                .oauth2(Tokens.staff("administrator"))
                .get("/v1/without-rule")
                .then()
                .spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void anEndpointAboutTheCallerKnowsTheCaller() {
        UUID user = stack.newUser();
        given().auth()
                .oauth2(Tokens.person(user))
                .get("/v1/me")
                .then()
                .statusCode(200)
                .body(equalTo(user.toString()));
        given().auth().oauth2(Tokens.service("notes:read")).get("/v1/me").then().spec(problem(Problem.FORBIDDEN));
    }
}
