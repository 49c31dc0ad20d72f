package daftar.identity.user;

import static daftar.identity.Api.PASSWORD;
import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.registering;
import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.identity.Api;
import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the other services hear of persons. */
@QuarkusTest
@WithTestResource(TestStack.class)
class UserEventsTest {

    private static final String TOPIC = "user-events";

    private final Stack stack = Stack.current();

    @Test
    void aRegistrationAndEachChangeAreToldWithoutAnythingPersonal() {
        String email = newEmail();
        Response registered = registering(Map.of(
                "email", email, "password", PASSWORD, "phone", "+201001234567", "profile", Map.of("name", "Sara")));
        UUID user = UUID.fromString(registered.path("id"));
        String token = Api.login(email).accessToken();
        change(token, user, "\"0\"", "{}");
        change(token, user, "\"0\"", "{\"phone\":null}");

        List<JsonNode> events = Published.events(stack, TOPIC, user, 2);
        assertEquals(2, events.size(), "a change of nothing is none");
        assertEquals("active", events.get(0).get("status").textValue());
        assertEquals(
                registered.path("created_at"), events.get(0).get("created_at").textValue());
        assertEquals(1, events.get(1).get("version").longValue());
        for (String personal : List.of(email, "201001234567", "Sara")) {
            assertFalse(events.toString().contains(personal), events::toString);
        }
    }

    @Test
    void aRegistrationThatFailsIsNotTold() {
        String email = newEmail();
        Api.register(email);
        long before = stack.number("identity_owner", "SELECT coalesce(max(id), 0) FROM outbox");
        registering(Map.of("email", email, "password", PASSWORD)).then().statusCode(409);

        assertEquals(0, stack.number("identity_owner", "SELECT count(*) FROM outbox WHERE id > ?", before));
    }

    private static void change(String token, UUID user, String ifMatch, String patch) {
        given().auth()
                .oauth2(token)
                .contentType("application/merge-patch+json")
                .header("If-Match", ifMatch)
                .body(patch)
                .patch("/v1/users/{user_id}", user)
                .then()
                .statusCode(200);
    }
}
