package daftar.usage.reservation;

import static io.restassured.RestAssured.given;

import daftar.testkit.Tokens;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.util.UUID;

/** Reservations as the tutor asks for them. */
final class ReservationApi {

    private ReservationApi() {}

    static ValidatableResponse reserve(UUID user, String body) {
        return request(body).post("/v1/users/{user_id}/reservations", user).then();
    }

    static ValidatableResponse reserve(UUID user, int tokens, int ttlSeconds) {
        return reserve(user, wanted(user, tokens, ttlSeconds));
    }

    static String wanted(UUID user, int tokens, int ttlSeconds) {
        return """
                {"tokens":%d,"ttl_seconds":%d,"session_id":"%s","service_name":"tutor"}""".formatted(tokens, ttlSeconds, user);
    }

    /** The id of a reservation that is granted. */
    static UUID reserved(UUID user, int tokens, int ttlSeconds) {
        return UUID.fromString(
                reserve(user, tokens, ttlSeconds).statusCode(201).extract().path("id"));
    }

    static ValidatableResponse settle(UUID user, UUID id, String body) {
        return request(body)
                .post("/v1/users/{user_id}/reservations/{id}/settlement", user, id)
                .then();
    }

    static ValidatableResponse release(UUID user, UUID id) {
        return given().auth()
                .oauth2(token())
                .delete("/v1/users/{user_id}/reservations/{id}", user, id)
                .then();
    }

    static String token() {
        return Tokens.service("usage:write");
    }

    static RequestSpecification request(String body) {
        return given().auth().oauth2(token()).contentType("application/json").body(body);
    }
}
