package daftar.consent.decision;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input is refused with a problem, and after none of it is there a row. */
@QuarkusTest
@WithTestResource(TestStack.class)
class DecisionInputTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final String token = Tokens.service("consents:write");

    @AfterEach
    void nothingWasRecorded() {
        assertEquals(
                0, stack.number("consent_owner", "SELECT count(*) FROM guardian_consents WHERE user_id = ?", user));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "not json",
                "[]",
                "\"text\"",
                "17",
                "{\"consent_given\": true} trailing",
                "{\"consent_given\": true, \"consent_given\": false}",
                "{\"consent_given\": \"true\"}",
                "{\"consent_given\": 1}",
                "{\"consent_type\": 7}",
                "{\"consent_type\": {\"a\": 1}}",
                "{\"guardian_email\": [\"guardian@test.invalid\"]}",
                "{\"consentGiven\": true}",
                "{\"consent_timestamp\": \"2020-01-01T00:00:00Z\"}",
                "{\"id\": \"7a1c0f3e-58f0-4d84-9f0e-0f4a1a2b3c4d\"}"
            })
    void refusesABodyThatCannotBeRead(String body) {
        Consents.post(token, user, body).then().spec(problem(Problem.MALFORMED_REQUEST));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null"})
    void refusesNoBody(String body) {
        Consents.post(token, user, body).then().statusCode(422).body("type", equalTo("/problems/#invalid-input"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"guardian_email", "consent_type", "consent_given", "legal_text_hash"})
    void refusesABodyThatLacks(String field) {
        Map<String, Object> body = Consents.body("tutoring", true);
        body.remove(field);
        Consents.post(token, user, Consents.json(body)).then().spec(problemAt(Problem.INVALID_INPUT, "/" + field));
        body.put(field, null);
        Consents.post(token, user, Consents.json(body)).then().spec(problemAt(Problem.INVALID_INPUT, "/" + field));
    }

    @ParameterizedTest
    @CsvSource({
        "guardian_email, no-address",
        "guardian_email, a@b@c",
        "guardian_email, ' '",
        "consent_type, Tutoring",
        "consent_type, 1st",
        "consent_type, with space",
        "consent_type, ''",
        "consent_type, tutoring-",
        "legal_text_hash, ''",
        "legal_text_hash, 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a0",
        "legal_text_hash, 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a088",
        "legal_text_hash, 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
        "legal_text_hash, zf86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "ip_address, localhost",
        "ip_address, example.org",
        "ip_address, 10.0.0",
        "ip_address, 10.0.0.256",
        "ip_address, 10.0.0.0/8",
        "ip_address, 010.0.0.1",
        "ip_address, fe80::1%eth0",
        "ip_address, '[::1]'",
        "ip_address, ::1::",
        "ip_address, ''"
    })
    void refusesAValueOutOfItsForm(String field, String value) {
        Consents.post(token, user, Consents.json(Consents.bodyWith(field, value)))
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/" + field));
    }

    @ParameterizedTest
    @ValueSource(strings = {"guardian_email", "consent_type", "legal_text_hash", "ip_address"})
    void refusesNulAndLoneSurrogates(String field) {
        for (String bad : new String[] {"a\0b@test.invalid", "a\ud800b@test.invalid"}) {
            Consents.post(token, user, Consents.json(Consents.bodyWith(field, bad)))
                    .then()
                    .spec(problemAt(Problem.INVALID_INPUT, "/" + field));
        }
    }

    @Test
    void refusesWhatIsLongerThanItsColumn() {
        String label = "a".repeat(60);
        String address = "g@" + String.join(".", label, label, label, label, "invalid") + ".invalid";
        Consents.post(token, user, Consents.json(Consents.bodyWith("guardian_email", address)))
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/guardian_email"));
        Consents.post(token, user, Consents.json(Consents.bodyWith("consent_type", "a".repeat(51))))
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/consent_type"));
    }

    @Test
    void refusesAnotherMediaType() {
        given().auth()
                .oauth2(token)
                .contentType(ContentType.TEXT)
                .body(Consents.json(Consents.body("tutoring", true)))
                .post(Consents.PATH, user)
                .then()
                .statusCode(415)
                .contentType("application/problem+json");
    }

    @Test
    void refusesAPathThatNamesNoUserId() {
        given().auth()
                .oauth2(token)
                .contentType(ContentType.JSON)
                .body(Consents.json(Consents.body("tutoring", true)))
                .post(Consents.PATH, "not-an-id")
                .then()
                .spec(problem(Problem.NOT_FOUND));
    }
}
