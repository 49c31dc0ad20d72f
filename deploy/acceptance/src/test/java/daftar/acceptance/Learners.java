package daftar.acceptance;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;

/** Users as the system's own API makes them. */
final class Learners {

    private Learners() {}

    static List<UUID> registered(LocalSystem system, int count) {
        List<UUID> users = new ArrayList<>();
        for (int user = 0; user < count; user++) {
            users.add(UUID.fromString(given().contentType(ContentType.JSON)
                    .body(Map.of(
                            "email", "learner-" + user + "@example.org", "password", "correct horse battery staple"))
                    .post(system.api("identity") + "/v1/users")
                    .then()
                    .statusCode(201)
                    .extract()
                    .path("id")));
        }
        return users;
    }

    /** Subscribes them to the plan {@code basic}, and waits for their balances. */
    static void subscribed(LocalSystem system, List<UUID> users) {
        String token = Logins.administrator(system);
        for (UUID user : users) {
            given().auth()
                    .oauth2(token)
                    .contentType(ContentType.JSON)
                    .body(Map.of("plan_name", "basic", "billing_cycle", "monthly"))
                    .post(system.api("billing") + "/v1/users/" + user + "/subscriptions")
                    .then()
                    .statusCode(201);
        }
        for (UUID user : users) {
            Awaitility.await("balance of " + user)
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> given().auth()
                                    .oauth2(token)
                                    .get(system.api("usage") + "/v1/users/" + user + "/balance")
                                    .statusCode()
                            == 200);
        }
    }
}
