package daftar.consent.decision;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.testkit.Tokens;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** What the tests of decisions send. */
final class Consents {

    static final String PATH = "/v1/users/{user_id}/consents";
    static final String HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    static final String GUARDIAN = "guardian@test.invalid";

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(com.fasterxml.jackson.core.json.JsonWriteFeature.ESCAPE_NON_ASCII.mappedFeature());

    private Consents() {}

    /** A body that is accepted as it stands. */
    static Map<String, Object> body(String consentType, boolean given) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("guardian_email", GUARDIAN);
        body.put("consent_type", consentType);
        body.put("consent_given", given);
        body.put("legal_text_hash", HASH);
        return body;
    }

    /** The accepted body with one field changed. */
    static Map<String, Object> bodyWith(String field, Object value) {
        Map<String, Object> body = body("tutoring", true);
        body.put(field, value);
        return body;
    }

    static String json(Map<String, Object> body) {
        try {
            return JSON.writeValueAsString(body);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Response post(String token, UUID user, String body) {
        return given().auth()
                .oauth2(token)
                .contentType(ContentType.JSON)
                .body(body)
                .post(PATH, user);
    }

    /** Records a decision that must be accepted. */
    static Response record(UUID user, String consentType, boolean given) {
        Response response = post(Tokens.service("consents:write"), user, json(body(consentType, given)));
        response.then().statusCode(201);
        return response;
    }

    static Response get(String token, String path, Object... parameters) {
        return given().auth().oauth2(token).get(path, parameters);
    }
}
