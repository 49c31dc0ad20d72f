package daftar.identity;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The requests that most tests begin with. */
public final class Api {

    public static final String PASSWORD = "correct horse battery";

    private Api() {}

    /** An e-mail address that no other test uses. */
    public static String newEmail() {
        return "person-" + UUID.randomUUID() + "@test.invalid";
    }

    public static UUID register(String email) {
        return UUID.fromString(registering(Map.of("email", email, "password", PASSWORD))
                .then()
                .statusCode(201)
                .extract()
                .path("id"));
    }

    public static Response registering(Map<String, ?> body) {
        return given().contentType(ContentType.JSON).body(body).post("/v1/users");
    }

    /** With the correlation id of the tests, so that answers can be compared. */
    public static Response loggingIn(String email, String password) {
        return given().contentType(ContentType.JSON)
                .header("X-Correlation-Id", "log-in")
                .body(Map.of("email", email, "password", password))
                .post("/v1/sessions");
    }

    /** The tokens of a new session. */
    public static Session login(String email) {
        Response response = loggingIn(email, PASSWORD);
        response.then().statusCode(201);
        return new Session(
                UUID.fromString(response.path("user_id")),
                response.path("access_token"),
                response.path("refresh_token"));
    }

    /** A new person who has logged in. */
    public static Session newSession() {
        String email = newEmail();
        register(email);
        return login(email);
    }

    public static Response refreshing(String refreshToken) {
        return given().contentType(ContentType.JSON)
                .body(Map.of("refresh_token", refreshToken))
                .post("/v1/sessions/refresh");
    }

    public static Response revoking(String refreshToken) {
        return given().contentType(ContentType.JSON)
                .body(Map.of("refresh_token", refreshToken))
                .post("/v1/sessions/revoke");
    }

    public static Response fetchingToken(String clientId, String secret, String scope) {
        Map<String, String> form = new HashMap<>(Map.of("grant_type", "client_credentials"));
        if (scope != null) {
            form.put("scope", scope);
        }
        return given().auth()
                .preemptive()
                .basic(
                        java.net.URLEncoder.encode(clientId, java.nio.charset.StandardCharsets.UTF_8),
                        java.net.URLEncoder.encode(secret, java.nio.charset.StandardCharsets.UTF_8))
                .contentType(ContentType.URLENC)
                .formParams(form)
                .post("/oauth2/token");
    }

    /** A service's token, of the client {@code reader} or {@code writer} of the tests' configuration. */
    public static String serviceToken(String clientId) {
        String secret = clientId.equals("reader") ? "the-reader's-secret-&-more" : "the-writers-own-secret";
        return fetchingToken(clientId, secret, null)
                .then()
                .statusCode(200)
                .extract()
                .path("access_token");
    }

    /** What a login gave. */
    public record Session(UUID userId, String accessToken, String refreshToken) {}
}
