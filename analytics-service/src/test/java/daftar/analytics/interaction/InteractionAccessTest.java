package daftar.analytics.interaction;

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

@QuarkusTest
@WithTestResource(TestStack.class)
class InteractionAccessTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String writer = Tokens.service("interactions:write");
    private final String reader = Tokens.service("profiles:read");

    @Test
    void onlyThePersonAndAServiceWithTheScopeRecord() {
        String body = Sent.json(List.of(Sent.interactionWith("correct", true)));
        for (String token : List.of(
                Tokens.person(stack.newUser()),
                Tokens.service("profiles:read"),
                Tokens.staff("support"),
                Tokens.staff("administrator"))) {
            Sent.post(token, user, body).then().spec(problem(Problem.FORBIDDEN));
        }
        given().contentType(ContentType.JSON)
                .body(body)
                .post(Sent.PATH, user)
                .then()
                .spec(problem(Problem.UNAUTHENTICATED));
        for (String token : Tokens.refused(user)) {
            Sent.post(token, user, body).then().spec(problem(Problem.UNAUTHENTICATED));
        }
        assertEquals(0, total());
        Sent.post(Tokens.person(user), user, body).then().statusCode(200);
        assertEquals(1, total());
    }

    @Test
    void onlyThePersonAServiceWithTheScopeAndStaffReadProfiles() {
        Response recorded = Sent.post(writer, user, Sent.json(List.of(Sent.interactionWith("correct", true))));
        for (String path : List.of(Sent.PROFILES, Sent.PROFILES + "/mathematics/fractions")) {
            for (String token :
                    List.of(Tokens.person(user), reader, Tokens.staff("support"), Tokens.staff("administrator"))) {
                read(token, recorded, path).then().statusCode(200);
            }
            for (String token : List.of(Tokens.person(stack.newUser()), writer, Tokens.service())) {
                read(token, recorded, path).then().spec(problem(Problem.FORBIDDEN));
            }
            for (String token : Tokens.refused(user)) {
                read(token, recorded, path).then().spec(problem(Problem.UNAUTHENTICATED));
            }
        }
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
