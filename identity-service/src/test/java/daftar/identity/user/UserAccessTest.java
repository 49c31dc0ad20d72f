package daftar.identity.user;

import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.newSession;
import static daftar.identity.Api.register;
import static daftar.identity.Api.serviceToken;
import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UserAccessTest {

    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final Stack stack = Stack.current();

    @Test
    void aPersonMayReadThemselvesAndNobodyElse() {
        Session session = newSession();
        UUID other = register(newEmail());
        reading(session.accessToken(), session.userId()).then().statusCode(200);
        reading(session.accessToken(), other).then().spec(problem(Problem.FORBIDDEN));
        given().auth()
                .oauth2(session.accessToken())
                .get("/v1/users/me")
                .then()
                .statusCode(200)
                .body("id", equalTo(session.userId().toString()));
    }

    @ParameterizedTest
    @CsvSource({"support, 200, 403", "administrator, 200, 200"})
    void staffMayReadEverybodyAndOnlyAdministratorsChangeThem(String role, int reads, int changes) {
        UUID person = register(newEmail());
        String staff = staffToken(role);
        reading(staff, person).then().statusCode(reads);
        changing(staff, person, "\"0\"", "{}").then().statusCode(changes);
    }

    @Test
    void aServiceMayReadWithTheScopeAndNotWithoutAndChangeNothing() {
        UUID person = register(newEmail());
        reading(serviceToken("reader"), person).then().statusCode(200);
        reading(serviceToken("writer"), person).then().spec(problem(Problem.FORBIDDEN));
        changing(serviceToken("reader"), person, "\"0\"", "{}").then().spec(problem(Problem.FORBIDDEN));
        given().auth().oauth2(serviceToken("reader")).get("/v1/users/me").then().spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void nobodyReadsOrChangesWithoutAToken() {
        UUID person = register(newEmail());
        given().get("/v1/users/" + person).then().spec(problem(Problem.UNAUTHENTICATED));
        given().get("/v1/users/me").then().spec(problem(Problem.UNAUTHENTICATED));
        given().contentType(MERGE_PATCH)
                .header("If-Match", "\"0\"")
                .body("{\"phone\":null}")
                .patch("/v1/users/" + person)
                .then()
                .spec(problem(Problem.UNAUTHENTICATED));
    }

    @Test
    void whoIsNotThereIsNotFound() {
        String staff = staffToken("administrator");
        reading(staff, UUID.randomUUID()).then().spec(problem(Problem.NOT_FOUND));
        changing(staff, UUID.randomUUID(), "\"0\"", "{}").then().spec(problem(Problem.NOT_FOUND));
        given().auth().oauth2(staff).get("/v1/users/no-uuid").then().spec(problem(Problem.NOT_FOUND));
    }

    @Test
    void theLoginOfTheServiceCannotDeleteAPerson() {
        List<Map<String, Object>> granted = stack.query("identity_owner", """
                SELECT has_table_privilege('identity_app', 'users', 'DELETE') AS users,
                       has_table_privilege('identity_app', 'flyway_schema_history', 'INSERT') AS history,
                       has_table_privilege('identity_app', 'staff_roles', 'UPDATE') AS roles
                """);
        assertEquals(List.of(Map.of("users", false, "history", false, "roles", false)), granted);
    }

    /** A person who has been made a member of staff and has logged in since. */
    private String staffToken(String role) {
        String email = newEmail();
        UUID id = register(email);
        stack.execute("identity_owner", "INSERT INTO staff_roles (user_id, role) VALUES (?, ?)", id, role);
        return Api.login(email).accessToken();
    }

    private static Response reading(String token, UUID person) {
        return given().auth().oauth2(token).get("/v1/users/" + person);
    }

    private static Response changing(String token, UUID person, String ifMatch, String body) {
        return given().auth()
                .oauth2(token)
                .contentType(MERGE_PATCH)
                .header("If-Match", ifMatch)
                .body(body)
                .patch("/v1/users/" + person);
    }
}
