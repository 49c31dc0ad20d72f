package daftar.acceptance;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import java.util.Map;

/** Tokens of callers that every system has from the beginning; good for five minutes. */
final class Logins {

    private Logins() {}

    static String administrator(LocalSystem system) {
        return given().contentType(ContentType.JSON)
                .body(Map.of("email", "admin@daftar.localhost", "password", system.secret("administrator_password")))
                .post(system.api("identity") + "/v1/sessions")
                .then()
                .statusCode(201)
                .extract()
                .path("access_token");
    }

    /** A service that may do this and nothing else. */
    static String service(LocalSystem system, String scope) {
        return given().auth()
                .preemptive()
                .basic("operator", system.secret("client_secret.operator"))
                .formParam("grant_type", "client_credentials")
                .formParam("scope", scope)
                .post(system.api("identity") + "/oauth2/token")
                .then()
                .statusCode(200)
                .extract()
                .path("access_token");
    }
}
