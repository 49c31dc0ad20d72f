package daftar.analytics.interaction;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What the tests of interactions send. */
final class Sent {

    static final String PATH = "/v1/users/{user_id}/interactions";
    static final String PROFILES = "/v1/users/{user_id}/profiles";

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(com.fasterxml.jackson.core.json.JsonWriteFeature.ESCAPE_NON_ASCII.mappedFeature());

    private Sent() {}

    static Map<String, Object> interaction(UUID id, String concept, boolean correct, String occurredAt) {
        Map<String, Object> interaction = new LinkedHashMap<>();
        interaction.put("id", id.toString());
        interaction.put("subject", "mathematics");
        interaction.put("concept", concept);
        interaction.put("correct", correct);
        interaction.put("occurred_at", occurredAt);
        return interaction;
    }

    static Map<String, Object> interactionWith(String field, Object value) {
        Map<String, Object> interaction = interaction(UUID.randomUUID(), "fractions", true, "2026-03-01T10:00:00Z");
        interaction.put(field, value);
        return interaction;
    }

    static String json(List<Map<String, Object>> interactions) {
        try {
            return JSON.writeValueAsString(Map.of("interactions", interactions));
        } catch (JsonProcessingException e) {
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
}
