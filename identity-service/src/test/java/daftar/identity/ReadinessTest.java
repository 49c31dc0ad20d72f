package daftar.identity;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class ReadinessTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Stack stack = Stack.current();

    @AfterEach
    void theDatabaseIsBack() {
        stack.postgres().primary().start();
        await().atMost(LIMIT).until(() -> health("ready") == 200);
    }

    @Test
    void readinessFallsWithTheDatabaseAndLivenessDoesNot() {
        String email = Api.newEmail();
        Api.register(email);
        assertEquals(200, health("ready"));
        stack.postgres().primary().stop();
        await().atMost(LIMIT).until(() -> health("ready") == 503);
        assertEquals(200, health("live"));
        Api.loggingIn(email, Api.PASSWORD).then().spec(problem(Problem.UNAVAILABLE));
        given().get("/.well-known/jwks.json").then().statusCode(200);
        stack.postgres().primary().start();
        await().atMost(LIMIT).until(() -> health("ready") == 200);
        Api.login(email);
    }

    private int health(String probe) {
        return given().port(stack.managementPort()).get("/q/health/" + probe).statusCode();
    }
}
