package daftar.billing;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;

import daftar.kit.access.Caller;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The service knows guardians by the topic in which consent tells of decisions. */
@QuarkusTest
@WithTestResource(TestStack.class)
class GuardianTest {

    private final Stack stack = Stack.current();

    @Test
    void theGuardianOfTheChildReadsAndTheGuardianOfAnotherDoesNot() {
        UUID child = stack.newUser();
        UUID another = stack.newUser();
        try (Topics topics = new Topics(stack)) {
            tell(topics, child);
            tell(topics, another);
        }
        for (String path : List.of("/v1/users/{user_id}/statement", "/v1/users/{user_id}/subscriptions")) {
            for (UUID user : List.of(child, another)) {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> given().auth()
                                .oauth2(Tokens.guardian(guardian(user)))
                                .get(path, user)
                                .then()
                                .statusCode(200));
            }
            given().auth()
                    .oauth2(Tokens.guardian(guardian(another)))
                    .get(path, child)
                    .then()
                    .spec(problem(Problem.FORBIDDEN));
        }
    }

    private static String guardian(UUID user) {
        return "guardian." + user + "@example.org";
    }

    private static void tell(Topics topics, UUID user) {
        topics.sendConsentState(user, 1, """
                {"user_id":"%s","states":[{"consent_type":"tutoring","consent_given":true,
                 "guardian_email_hash":"%s","decided_at":"2026-01-02T03:04:05Z"}]}
                """.formatted(user, Caller.emailHash(guardian(user))));
    }
}
