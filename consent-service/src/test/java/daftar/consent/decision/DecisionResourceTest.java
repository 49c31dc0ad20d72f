package daftar.consent.decision;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class DecisionResourceTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();

    @Test
    void recordsADecisionAndLeadsToIt() {
        Response recorded = Consents.post(
                Tokens.service("consents:write"), user, Consents.json(Consents.bodyWith("ip_address", "2001:db8::7")));
        recorded.then()
                .statusCode(201)
                .header("Daftar-Position", notNullValue())
                .body("user_id", equalTo(user.toString()))
                .body("guardian_email", equalTo(Consents.GUARDIAN))
                .body("consent_type", equalTo("tutoring"))
                .body("consent_given", equalTo(true))
                .body("consent_timestamp", matchesPattern("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z"))
                .body("legal_text_hash", equalTo(Consents.HASH))
                .body("ip_address", equalTo("2001:db8::7"));

        String led = given().auth()
                .oauth2(Tokens.service("consents:read"))
                .header("Daftar-Position", recorded.header("Daftar-Position"))
                .get(recorded.header("Location"))
                .then()
                .statusCode(200)
                .extract()
                .asString();
        assertEquals(recorded.asString(), led);
    }

    @Test
    void stampsADecisionWithTheServersTimeInUtc() {
        Instant before = Instant.now().minus(Duration.ofSeconds(5));
        Instant recorded = Instant.parse(Consents.record(user, "tutoring", true).path("consent_timestamp"));
        assertTrue(recorded.isAfter(before) && recorded.isBefore(Instant.now().plus(Duration.ofSeconds(5))));
        assertEquals(
                1,
                stack.number(
                        "consent_owner",
                        "SELECT count(*) FROM guardian_consents WHERE user_id = ? AND consent_timestamp = "
                                + "(?::timestamptz AT TIME ZONE 'UTC')",
                        user,
                        recorded.toString()));
    }

    @Test
    void keepsTheGuardiansAddressInLowerCase() {
        Consents.post(
                        Tokens.service("consents:write"),
                        user,
                        Consents.json(Consents.bodyWith("guardian_email", "Mona.Said@Test.Invalid")))
                .then()
                .statusCode(201)
                .body("guardian_email", equalTo("mona.said@test.invalid"));
    }

    @Test
    void refusesADecisionAboutAnUnknownUser() {
        UUID unknown = UUID.randomUUID();
        Consents.post(Tokens.service("consents:write"), unknown, Consents.json(Consents.body("tutoring", true)))
                .then()
                .spec(problem(Problem.UNKNOWN_REFERENCE));
    }

    @Test
    void theNewestDecisionOfEachTypeIsWhatHolds() {
        Consents.record(user, "tutoring", true);
        Consents.record(user, "marketing", true);
        Consents.record(user, "tutoring", false);
        Consents.record(user, "tutoring", true);
        String position = Consents.record(user, "marketing", false).header("Daftar-Position");

        read(position, Consents.PATH)
                .then()
                .statusCode(200)
                .body("user_id", equalTo(user.toString()))
                .body("consents.consent_type", contains("marketing", "tutoring"))
                .body("consents.consent_given", contains(false, true));
    }

    @Test
    void aUserWithoutDecisionsHasNoneThatHolds() {
        Consents.get(Tokens.service("consents:read"), Consents.PATH, user)
                .then()
                .statusCode(200)
                .body("consents", empty());
        Consents.get(Tokens.service("consents:read"), Consents.PATH + "/history", user)
                .then()
                .statusCode(200)
                .body("items", empty())
                .body("next_cursor", nullValue());
    }

    @Test
    void listsTheHistoryNewestFirstPageByPage() {
        List<String> recorded = new ArrayList<>();
        String position = null;
        for (int i = 0; i < 7; i++) {
            Response response = Consents.record(user, i % 2 == 0 ? "tutoring" : "marketing", i % 3 == 0);
            recorded.add(0, response.path("id"));
            position = response.header("Daftar-Position");
        }

        List<String> listed = new ArrayList<>();
        String cursor = null;
        int pages = 0;
        do {
            Response page = given().auth()
                    .oauth2(Tokens.service("consents:read"))
                    .header("Daftar-Position", position)
                    .queryParam("limit", 3)
                    .queryParams(cursor == null ? java.util.Map.of() : java.util.Map.of("cursor", cursor))
                    .get(Consents.PATH + "/history", user);
            page.then().statusCode(200);
            listed.addAll(page.path("items.id"));
            cursor = page.path("next_cursor");
            pages++;
        } while (cursor != null && pages < 10);

        assertEquals(recorded, listed);
        assertEquals(3, pages);
    }

    @Test
    void listsTheHistoryOfOneType() {
        Consents.record(user, "tutoring", true);
        Consents.record(user, "marketing", true);
        String position = Consents.record(user, "tutoring", false).header("Daftar-Position");

        read(position, Consents.PATH + "/history?consent_type=tutoring")
                .then()
                .statusCode(200)
                .body("items.consent_type", contains("tutoring", "tutoring"))
                .body("items.consent_given", contains(false, true));
    }

    @Test
    void refusesAHistoryWithABadParameter() {
        read(null, Consents.PATH + "/history?limit=0").then().spec(problemAt(Problem.INVALID_INPUT, "/limit"));
        read(null, Consents.PATH + "/history?limit=101").then().spec(problemAt(Problem.INVALID_INPUT, "/limit"));
        read(null, Consents.PATH + "/history?consent_type=Tutoring")
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/consent_type"));
        read(null, Consents.PATH + "/history?cursor=abc").then().spec(problem(Problem.MALFORMED_REQUEST));
    }

    @Test
    void findsNoDecisionOfAnotherUserOrOfNobody() {
        UUID other = stack.newUser();
        Response recorded = Consents.record(other, "tutoring", true);
        String position = recorded.header("Daftar-Position");
        read(position, Consents.PATH + "/" + recorded.path("id")).then().spec(problem(Problem.NOT_FOUND));
        read(position, Consents.PATH + "/" + UUID.randomUUID()).then().spec(problem(Problem.NOT_FOUND));
        read(position, Consents.PATH + "/not-an-id").then().spec(problem(Problem.NOT_FOUND));
    }

    @Test
    void theChildSeesTheDecisionsWithoutTheGuardiansAddresses() {
        Response recorded = Consents.post(
                Tokens.service("consents:write"), user, Consents.json(Consents.bodyWith("ip_address", "192.0.2.44")));
        String id = recorded.path("id");
        for (String path : List.of("", "/history", "/" + id)) {
            String seen = given().auth()
                    .oauth2(Tokens.person(user))
                    .header("Daftar-Position", recorded.header("Daftar-Position"))
                    .get(Consents.PATH + path, user)
                    .then()
                    .statusCode(200)
                    .extract()
                    .asString();
            assertTrue(seen.contains(id) && seen.contains(Consents.HASH), seen);
            assertFalse(seen.contains("guardian_email") || seen.contains(Consents.GUARDIAN), seen);
            assertFalse(seen.contains("ip_address") || seen.contains("192.0.2.44"), seen);
        }
    }

    @Test
    void supportSeesWhoDecided() {
        Response recorded = Consents.record(user, "tutoring", true);
        given().auth()
                .oauth2(Tokens.staff("support"))
                .header("Daftar-Position", recorded.header("Daftar-Position"))
                .get(Consents.PATH, user)
                .then()
                .statusCode(200)
                .body("consents", hasSize(1))
                .body("consents.guardian_email", hasItem(Consents.GUARDIAN))
                .body("consents[0]", not(hasKey("ip_address")));
    }

    private Response read(String position, String path) {
        return given().auth()
                .oauth2(Tokens.service("consents:read"))
                .headers(position == null ? java.util.Map.of() : java.util.Map.of("Daftar-Position", position))
                .get(path, user);
    }
}
