package daftar.consent.decision;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A decision whose answer was lost on the way is sent again. */
@QuarkusTest
@WithTestResource(TestStack.class)
class DecisionRepeatedTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String token = Tokens.service("consents:write");

    @Test
    void withItsIdempotencyKeyItIsRecordedOnce() {
        String key = UUID.randomUUID().toString();
        Response first = record(key);
        Response second = record(key);

        first.then().statusCode(201);
        assertEquals(first.statusCode(), second.statusCode());
        assertEquals(first.header("Location"), second.header("Location"));
        assertEquals(first.asString(), second.asString());
        assertEquals(
                1, stack.number("consent_owner", "SELECT count(*) FROM guardian_consents WHERE user_id = ?", user));
    }

    private Response record(String key) {
        return given().auth()
                .oauth2(token)
                .header("Idempotency-Key", key)
                .contentType(ContentType.JSON)
                .body(Consents.json(Consents.body("tutoring", true)))
                .post(Consents.PATH, user);
    }
}
