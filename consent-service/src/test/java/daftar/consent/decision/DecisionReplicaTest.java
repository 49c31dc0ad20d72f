package daftar.consent.decision;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Reads go to the replica, and never behind what the caller has seen. */
@QuarkusTest
@WithTestResource(TestStack.class)
class DecisionReplicaTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String reader = Tokens.service("consents:read");

    @Test
    void aReadWithThePositionSeesTheDecisionThatTheReplicaDoesNotHaveYet() throws SQLException {
        Response recorded;
        onReplica("SELECT pg_wal_replay_pause()");
        try {
            recorded = Consents.record(user, "tutoring", true);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> given().auth()
                            .oauth2(reader)
                            .get(recorded.header("Location"))
                            .then()
                            .spec(problem(Problem.NOT_FOUND)));
            given().auth()
                    .oauth2(reader)
                    .header("Daftar-Position", recorded.header("Daftar-Position"))
                    .get(recorded.header("Location"))
                    .then()
                    .statusCode(200)
                    .body("id", equalTo(recorded.path("id")));
        } finally {
            onReplica("SELECT pg_wal_replay_resume()");
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> given().auth()
                        .oauth2(reader)
                        .get(recorded.header("Location"))
                        .then()
                        .statusCode(200));
    }

    private void onReplica(String sql) throws SQLException {
        try (Connection connection = stack.postgres().replica().connect("daftar", "postgres", Stack.PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
