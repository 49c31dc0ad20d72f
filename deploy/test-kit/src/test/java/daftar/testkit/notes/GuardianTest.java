package daftar.testkit.notes;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who counts as a child's guardian, and what is answered while nobody can say. */
@QuarkusTest
@WithTestResource(TestStack.class)
class GuardianTest {

    private final Stack stack = Stack.current();
    private final UUID child = stack.newUser();
    private final String guardian = "Guardian." + child + "@Example.org";

    @BeforeEach
    void table() {
        Notes.createTable(stack);
    }

    @Test
    void whoWasNamedInADecisionIsLetIn() {
        read(child, Tokens.guardian(guardian)).spec(problem(Problem.FORBIDDEN));
        decided(child, guardian, true);
        // the replica follows within moments
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> read(child, Tokens.guardian(guardian)).statusCode(200));
        read(child, Tokens.guardian(guardian.toUpperCase(java.util.Locale.ROOT)))
                .statusCode(200);
    }

    @Test
    void aGuardianOfAnotherChildIsNotLetIn() {
        UUID another = stack.newUser();
        decided(child, guardian, true);
        decided(another, "other." + guardian, true);
        readable(child, guardian);
        readable(another, "other." + guardian);
        read(another, Tokens.guardian(guardian)).spec(problem(Problem.FORBIDDEN));
        read(child, Tokens.guardian("other." + guardian)).spec(problem(Problem.FORBIDDEN));
        read(UUID.randomUUID(), Tokens.guardian(guardian)).spec(problem(Problem.FORBIDDEN));
        given().auth()
                .oauth2(Tokens.guardian(guardian))
                .get("/v1/users/no-uuid/notes")
                .then()
                .spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void whoWithdrewStaysAGuardian() {
        decided(child, guardian, true);
        decided(child, guardian, false);
        readable(child, guardian);
    }

    @Test
    void anotherIssuersAddressCountsOnlyWhereThatIssuerHasVerifiedIt() {
        decided(child, guardian, true);
        readable(child, guardian);
        read(child, Tokens.withAddress(guardian, true)).statusCode(200);
        read(child, Tokens.withAddress(guardian, false)).spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void whileTheDatabaseIsAwayNobodyIsLetInAndTheAnswerSaysToTryAgain() {
        decided(child, guardian, true);
        readable(child, guardian);
        stack.postgres().replica().stop();
        stack.postgres().primary().stop();
        try {
            read(child, Tokens.guardian(guardian)).spec(problem(Problem.UNAVAILABLE));
            // needs no facts, and so no database
            read(child, Tokens.service("notes:write")).spec(problem(Problem.FORBIDDEN));
        } finally {
            stack.postgres().primary().start();
            stack.postgres().replica().start();
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> read(child, Tokens.guardian(guardian)).statusCode(200));
    }

    private void readable(UUID user, String email) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> read(user, Tokens.guardian(email)).statusCode(200));
    }

    private static ValidatableResponse read(UUID user, String token) {
        return given().auth().oauth2(token).get("/v1/users/{id}/notes", user).then();
    }

    private void decided(UUID user, String email, boolean given) {
        stack.execute(
                "consent_owner",
                "INSERT INTO consent.guardian_consents"
                        + " (user_id, guardian_email, consent_type, consent_given, legal_text_hash)"
                        + " VALUES (?, lower(?), 'tutoring', ?, repeat('0', 64))",
                user,
                email,
                given);
    }
}
