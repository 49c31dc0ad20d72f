package daftar.acceptance;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** Everybody who may come to a service's door, with the access tokens that identity really gave them. */
final class Visitors {

    private static final String PASSWORD = "correct horse battery staple";
    private static final String SERVICE_SCOPES =
            "consents:read consents:write interactions:write profiles:read subscriptions:read subscriptions:write"
                    + " usage:read usage:write users:read";

    /** A person with a session. */
    record Visitor(UUID id, String token) {}

    private final LocalSystem system;
    /** Their own for each test class, which may find the others' still there. */
    private final String domain = UUID.randomUUID() + ".example";

    final Visitor person;
    final Visitor stranger;
    final Visitor guardian;
    final Visitor guardianOfAnother;
    final Visitor support;
    final Visitor administrator;

    Visitors(LocalSystem system) throws SQLException {
        this.system = system;
        person = registered("person");
        stranger = registered("stranger");
        guardian = guardianOf(person.id(), "guardian");
        guardianOfAnother = guardianOf(stranger.id(), "guardian-of-another");
        support = support();
        administrator = administratorAnew();
        consentIsKnownEverywhere();
    }

    /** With a fresh token: one is good for five minutes. */
    Visitor administratorAnew() {
        return logIn("admin@daftar.localhost", system.secret("administrator_password"));
    }

    /** A service that may do this and nothing else. */
    String serviceWith(String scope) {
        return Logins.service(system, scope);
    }

    /** A service that may do everything but this. */
    String serviceWithout(String scope) {
        return serviceWith(Arrays.stream(SERVICE_SCOPES.split(" "))
                .filter(one -> !one.equals(scope))
                .collect(Collectors.joining(" ")));
    }

    private Visitor registered(String name) {
        String email = email(name);
        given().contentType(ContentType.JSON)
                .body("{\"email\":\"" + email + "\",\"password\":\"" + PASSWORD + "\"}")
                .post(system.api("identity") + "/v1/users")
                .then()
                .statusCode(201);
        return logIn(email, PASSWORD);
    }

    private Visitor logIn(String email, String password) {
        var session = given().contentType(ContentType.JSON)
                .body("{\"email\":\"" + email + "\",\"password\":\"" + password + "\"}")
                .post(system.api("identity") + "/v1/sessions")
                .then()
                .statusCode(201)
                .extract();
        return new Visitor(UUID.fromString(session.path("user_id")), session.path("access_token"));
    }

    private Visitor guardianOf(UUID child, String name) throws SQLException {
        UUID id = registered(name).id();
        asIdentity("UPDATE identity.users SET email_verified_at = now() WHERE id = ?", id);
        given().auth()
                .oauth2(serviceWith("consents:write"))
                .contentType(ContentType.JSON)
                .body("{\"guardian_email\":\"" + email(name)
                        + "\",\"consent_type\":\"tutoring\",\"consent_given\":true," + "\"legal_text_hash\":\""
                        + "0".repeat(64) + "\"}")
                .post(system.api("consent") + "/v1/users/" + child + "/consents")
                .then()
                .statusCode(201);
        return logIn(email(name), PASSWORD);
    }

    private Visitor support() throws SQLException {
        UUID id = registered("support").id();
        asIdentity("INSERT INTO identity.staff_roles (user_id, role, granted_at) VALUES (?, 'support', now())", id);
        return logIn(email("support"), PASSWORD);
    }

    private void asIdentity(String sql, UUID id) throws SQLException {
        try (Connection connection = system.connect("identity_owner", false);
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, id);
            statement.executeUpdate();
        }
    }

    /** Consent's events travel to the other services, and their rows to the replica. */
    private void consentIsKnownEverywhere() {
        for (String path :
                new String[] {"analytics /profiles", "usage /usage", "billing /statement", "consent /consents"}) {
            String[] place = path.split(" ", -1);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> status(guardian, place, person.id()) == 200
                            && status(guardianOfAnother, place, stranger.id()) == 200);
        }
    }

    private int status(Visitor visitor, String[] place, UUID child) {
        return given().auth()
                .oauth2(visitor.token())
                .get(system.api(place[0]) + "/v1/users/" + child + place[1])
                .statusCode();
    }

    private String email(String name) {
        return name + "@" + domain;
    }
}
