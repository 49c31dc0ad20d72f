package daftar.consent.decision;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who may record and who may read, each with those who may not. */
@QuarkusTest
@WithTestResource(TestStack.class)
class DecisionAccessTest {

    private final Stack stack = Stack.current();
    private final UUID child = stack.newUser();
    private final String body = Consents.json(Consents.body("tutoring", true));
    private String position;

    @Test
    void aServiceWithTheScopeAndAnAdministratorRecord() {
        for (String token : List.of(
                Tokens.service("consents:write"),
                Tokens.service("usage:read", "consents:write"),
                Tokens.staff("administrator"))) {
            Consents.post(token, child, body).then().statusCode(201);
        }
        assertEquals(3, decisions());
    }

    @Test
    void nobodyElseRecordsLeastOfAllTheChild() {
        for (String token : List.of(
                Tokens.person(child),
                Tokens.person(UUID.randomUUID()),
                Tokens.guardian(Consents.GUARDIAN),
                Tokens.service("consents:read"),
                Tokens.service(),
                Tokens.staff("support"))) {
            Consents.post(token, child, body).then().spec(problem(Problem.FORBIDDEN));
        }
        assertEquals(0, decisions());
    }

    @Test
    void withoutAValidTokenNothingIsRecorded() {
        given().contentType(ContentType.JSON)
                .body(body)
                .post(Consents.PATH, child)
                .then()
                .spec(problem(Problem.UNAUTHENTICATED));
        for (String token : Tokens.refused(child)) {
            Consents.post(token, child, body).then().spec(problem(Problem.UNAUTHENTICATED));
        }
        assertEquals(0, decisions());
    }

    @Test
    void thePersonTheGuardianAServiceWithTheScopeAndStaffRead() {
        for (String path : readPaths()) {
            for (String token : List.of(
                    Tokens.person(child),
                    Tokens.guardian(Consents.GUARDIAN),
                    Tokens.service("consents:read"),
                    Tokens.staff("support"),
                    Tokens.staff("administrator"))) {
                get(token, path).then().statusCode(200);
            }
        }
    }

    @Test
    void nobodyElseReads() {
        for (String path : readPaths()) {
            for (String token : List.of(
                    Tokens.person(stack.newUser()),
                    Tokens.guardian("of.another@child.example"),
                    Tokens.service("consents:write"),
                    Tokens.service())) {
                get(token, path).then().spec(problem(Problem.FORBIDDEN));
            }
            given().get(path, child).then().spec(problem(Problem.UNAUTHENTICATED));
            for (String token : Tokens.refused(child)) {
                get(token, path).then().spec(problem(Problem.UNAUTHENTICATED));
            }
        }
    }

    private List<String> readPaths() {
        Response recorded = Consents.record(child, "tutoring", true);
        String id = recorded.path("id");
        position = recorded.header("Daftar-Position");
        return List.of(Consents.PATH, Consents.PATH + "/history", Consents.PATH + "/" + id);
    }

    private Response get(String token, String path) {
        return given().auth().oauth2(token).header("Daftar-Position", position).get(path, child);
    }

    private long decisions() {
        return stack.number("consent_owner", "SELECT count(*) FROM guardian_consents WHERE user_id = ?", child);
    }
}
