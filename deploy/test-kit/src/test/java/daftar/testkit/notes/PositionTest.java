package daftar.testkit.notes;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.position.Position;
import daftar.kit.problem.Problem;
import daftar.kit.telemetry.Meters;
import daftar.local.postgres.PostgresCluster;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class PositionTest {

    private final Stack stack = Stack.current();

    /** Quarkus injects tests through fields alone. */
    @Inject
    MeterRegistry meters;

    @BeforeEach
    void tableAndUsableReplica() {
        Notes.createTable(stack);
        awaitReadsFromTheReplica();
    }

    @AfterEach
    void replicaAsItWas() throws SQLException {
        stack.postgres().replica().start();
        onReplica("SELECT pg_wal_replay_resume()");
    }

    @Test
    void aReadWithAPositionIsNeverOlderWhileTheReplicaStandsStill() throws SQLException {
        UUID user = stack.newUser();
        awaitNotes(user, 0);
        onReplica("SELECT pg_wal_replay_pause()");
        for (int written = 1; written <= 20; written++) {
            String position = write(user);
            assertEquals(written, notes(user, position), "with its position the caller sees its own write");
        }
        double before = reads("replica");
        assertEquals(0, notes(user, null), "without one the replica serves, which stands still");
        assertEquals(before + 1, reads("replica"));
    }

    @Test
    void theReplicaServesAPositionOnceItHasReplayedIt() {
        UUID user = stack.newUser();
        String position = write(user);
        await().atMost(Duration.ofSeconds(10)).until(() -> {
            double before = reads("replica");
            return notes(user, position) == 1 && reads("replica") > before;
        });
    }

    @Test
    void aReplicaThatIsGoneIsNoErrorAndItComesBackByItself() {
        UUID user = stack.newUser();
        String position = write(user);
        stack.postgres().replica().kill();
        for (int i = 0; i < 10; i++) {
            assertEquals(1, notes(user, null));
            assertEquals(1, notes(user, position));
        }
        stack.postgres().replica().start();
        awaitReadsFromTheReplica();
    }

    @Test
    void aReplicaThatHangsIsLeftOut() {
        UUID user = stack.newUser();
        String position = write(user);
        stack.postgres().replica().pause();
        try {
            assertEquals(1, notes(user, position));
            await().atMost(Duration.ofSeconds(10)).until(() -> {
                double before = reads("primary_replica_unusable");
                return notes(user, position) == 1 && reads("primary_replica_unusable") > before;
            });
        } finally {
            stack.postgres().replica().resume();
        }
        awaitReadsFromTheReplica();
    }

    @Test
    void aPositionOfAnotherTimelineIsServedByThePrimary() {
        UUID user = stack.newUser();
        double before = reads("primary_replica_behind");
        assertEquals(0, notes(user, new Position(2, 0).toString()));
        assertEquals(before + 1, reads("primary_replica_behind"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "0/0", "1-0/16B3748x", "-1-0/0", "1-0/FFFFFFFFF"})
    void aHeaderThatIsNoPositionIsMalformed(String header) {
        given().auth()
                .oauth2(Tokens.staff("support"))
                .header(Position.HEADER, header)
                .get("/v1/users/{id}/notes", UUID.randomUUID())
                .then()
                .spec(problem(Problem.MALFORMED_REQUEST));
    }

    private String write(UUID user) {
        String position = given().auth()
                .oauth2(Tokens.service("notes:write"))
                .contentType("application/json")
                .body(Notes.note(UUID.randomUUID(), user))
                .post("/v1/notes")
                .then()
                .statusCode(200)
                .extract()
                .header(Position.HEADER);
        assertEquals(Position.parse(position).toString(), position);
        return position;
    }

    private int notes(UUID user, String position) {
        var request = given().auth().oauth2(Tokens.person(user));
        if (position != null) {
            request.header(Position.HEADER, position);
        }
        return request.get("/v1/users/{id}/notes", user)
                .then()
                .statusCode(200)
                .extract()
                .path("notes");
    }

    private double reads(String route) {
        return meters.get(Meters.READS).tag("route", route).counter().count();
    }

    private void awaitNotes(UUID user, int wanted) {
        await().atMost(Duration.ofSeconds(10)).until(() -> notes(user, null) == wanted);
    }

    private void awaitReadsFromTheReplica() {
        UUID user = UUID.randomUUID();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            double before = reads("replica");
            notes(user, null);
            return reads("replica") > before;
        });
        assertTrue(reads("replica") > 0);
    }

    private void onReplica(String sql) throws SQLException {
        try (Connection connection =
                        stack.postgres().replica().connect("daftar", PostgresCluster.SUPERUSER, Stack.PASSWORD);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
