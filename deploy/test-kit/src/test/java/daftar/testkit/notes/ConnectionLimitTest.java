package daftar.testkit.notes;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a caller is told when other instances of the service hold all connections of its role. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ConnectionLimitTest {

    private static final int LIMIT = 10;
    private static final String TOO_MANY_CONNECTIONS = "53300";

    private final Stack stack = Stack.current();

    @BeforeEach
    void table() {
        Notes.createTable(stack);
    }

    @Test
    void aRoleWithoutAConnectionLeftIs503AndItPasses() throws SQLException {
        UUID user = stack.newUser();
        List<Connection> others = new ArrayList<>();
        try {
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> takeOver(others));

            write(user).then().spec(problem(Problem.UNAVAILABLE)).header("Retry-After", notNullValue());
        } finally {
            for (Connection other : others) {
                other.close();
            }
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> write(user).statusCode() == 200);
    }

    /** Cuts the service's own connections and takes their places; true when there is no place left. */
    private boolean takeOver(List<Connection> others) throws SQLException {
        while (others.size() < LIMIT) {
            try (Connection superuser = stack.postgres().superuser("postgres");
                    var statement = superuser.createStatement()) {
                statement.execute("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
                        + " WHERE usename = 'consent_app' AND application_name LIKE 'consent-service/%'");
            }
            try {
                others.add(stack.connect("consent_app"));
            } catch (SQLException taken) {
                assertEquals(TOO_MANY_CONNECTIONS, taken.getSQLState());
                return false;
            }
        }
        return true;
    }

    private static Response write(UUID user) {
        return given().auth()
                .oauth2(Tokens.service("notes:write"))
                .contentType("application/json")
                .body(Notes.note(UUID.randomUUID(), user))
                .post("/v1/notes");
    }
}
