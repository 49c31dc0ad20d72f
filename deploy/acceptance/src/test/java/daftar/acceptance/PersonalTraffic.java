package daftar.acceptance;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A person's and a guardian's data in every place of a request or record where it belongs and where it does not,
 * most of it in ones that fail: what a careless log line would quote.
 */
final class PersonalTraffic {

    /** In all of the requests, so that their log lines can be told. */
    static final String CORRELATION_ID = "personal-traffic";

    private final LocalSystem system;
    private final String mark = UUID.randomUUID().toString().substring(0, 8);
    private final String email = "zubayda." + mark + "@example.org";
    private final String guardian = "umm.zubayda." + mark + "@example.net";
    private final String name = "Zubayda-" + mark;
    private final String password = "open sesame " + mark;
    private final String phone = "+2010" + (10_000_000 + Math.floorMod(mark.hashCode(), 89_999_999));
    private final String address = "2001:db8::" + mark.substring(0, 4);
    private final List<String> secrets = new ArrayList<>(List.of(mark, phone, address));

    PersonalTraffic(LocalSystem system) {
        this.system = system;
    }

    /** What must be in no log, in lower case: the mark is in the addresses, the name and the password. */
    List<String> secrets() {
        return secrets.stream().map(String::toLowerCase).toList();
    }

    void send() throws SQLException {
        register();
        String user = logIn();
        decide(user);
        askForNonsense(user);
        publishNonsense();
        breakConstraints();
    }

    private RequestSpecification request(String service) {
        return given().baseUri(system.api(service))
                .header("X-Correlation-Id", CORRELATION_ID)
                .contentType(ContentType.JSON);
    }

    private RequestSpecification as(String token, String service) {
        return request(service).header("Authorization", "Bearer " + token);
    }

    private void register() {
        Map<String, Object> person =
                Map.of("email", email, "password", password, "phone", phone, "profile", Map.of("given_name", name));
        request("identity").body(person).post("/v1/users").then().statusCode(201);
        request("identity").body(person).post("/v1/users").then().statusCode(409);
        for (String body : List.of(
                "{\"email\":\"" + email + "\",\"password\":\"" + mark + "\"}",
                "{\"email\":\"" + name + " at home\",\"password\":\"" + password + "\",\"phone\":\"" + name + "\"}",
                "{\"email\":\"" + email + "\",\"password\":\"" + password + "\",\"" + name + "\":\"" + email + "\"}",
                "{\"email\":{\"" + email + "\":1},\"password\":[\"" + password + "\"]}",
                "{\"email\":\"" + email + "\",\"password\":\"" + password + "\",\"profile\":{\"a\":\"" + name
                        + "\\u0000\"}}",
                "{\"email\":\"" + email + "\",\"password\":\"" + password,
                "email=" + email + "&password=" + password,
                "\"" + email + "\"")) {
            refused(request("identity").body(body).post("/v1/users"));
        }
        refused(request("identity")
                .header("Idempotency-Key", email + " " + name)
                .body(person)
                .post("/v1/users"));
        refused(given().baseUri(system.api("identity"))
                .contentType(ContentType.JSON)
                .header("X-Correlation-Id", email)
                .body(person)
                .post("/v1/users"));
    }

    private String logIn() {
        refused(request("identity")
                .body(Map.of("email", email, "password", password + "!"))
                .post("/v1/sessions"));
        refused(request("identity")
                .body(Map.of("email", guardian, "password", password))
                .post("/v1/sessions"));
        Response session = request("identity")
                .body(Map.of("email", email, "password", password))
                .post("/v1/sessions");
        String token = session.then().statusCode(201).extract().path("access_token");
        String refresh = session.path("refresh_token");
        secrets.add(token.substring(token.lastIndexOf('.') + 1));
        secrets.add(refresh);
        String user = session.path("user_id");
        for (String wrong : List.of(refresh + "A", refresh.substring(0, 20), email)) {
            refused(request("identity").body(Map.of("refresh_token", wrong)).post("/v1/sessions/refresh"));
        }
        for (String service : MainJobTest.SERVICES) {
            refused(as(token + "A", service).get("/v1/users/" + user));
            refused(as(email, service).get("/v1/users/" + user));
        }
        String merge = "{\"phone\":\"" + name + "\",\"profile\":{\"given_name\":\"" + name + "\"}}";
        refused(as(token, "identity")
                .contentType("application/merge-patch+json")
                .header("If-Match", "\"" + email + "\"")
                .body(merge)
                .patch("/v1/users/" + user));
        refused(as(token, "billing")
                .body(Map.of("plan_name", name, "billing_cycle", "monthly"))
                .post("/v1/users/" + user + "/subscriptions"));
        return user;
    }

    private void decide(String user) {
        String token = given().auth()
                .preemptive()
                .basic("operator", system.secret("client_secret.operator"))
                .contentType(ContentType.URLENC)
                .formParam("grant_type", "client_credentials")
                .post(system.api("identity") + "/oauth2/token")
                .then()
                .statusCode(200)
                .extract()
                .path("access_token");
        secrets.add(token.substring(token.lastIndexOf('.') + 1));
        Map<String, Object> decision = Map.of(
                "guardian_email",
                guardian,
                "consent_type",
                "tutoring",
                "consent_given",
                true,
                "legal_text_hash",
                "0".repeat(64),
                "ip_address",
                address);
        as(token, "consent")
                .body(decision)
                .post("/v1/users/" + user + "/consents")
                .then()
                .statusCode(201);
        refused(as(token, "consent").body(decision).post("/v1/users/" + UUID.randomUUID() + "/consents"));
        refused(as(token, "consent")
                .body("{\"guardian_email\":\"" + name + " " + mark + "\",\"ip_address\":\"" + email + "\"}")
                .post("/v1/users/" + user + "/consents"));
    }

    /** In paths and queries, which every service reads, and where a log of requests would have it. */
    private void askForNonsense(String user) {
        for (String service : MainJobTest.SERVICES) {
            refused(request(service).get("/v1/users/" + email));
            refused(request(service).queryParam("email", email).get("/v1/nothing/" + name));
            refused(request(service).queryParam("cursor", email).get("/v1/users/" + user + "/usage"));
            refused(request(service).body("{\"" + email + "\":").post("/v1/users/" + user + "/interactions"));
        }
    }

    private void publishNonsense() {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", system.kafka()), new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            sent.add(producer.send(record(email)));
            ProducerRecord<byte[], byte[]> event = record("{\"user_id\":\"" + email + "\",\"" + name + "\":1}");
            Map.of(
                            "ce_specversion",
                            "1.0",
                            "ce_id",
                            mark,
                            "ce_source",
                            "urn:" + name,
                            "ce_type",
                            "daftar.usage.recorded.v1",
                            "ce_subject",
                            email,
                            "content-type",
                            "application/json")
                    .forEach((key, value) -> event.headers().add(key, bytes(value)));
            sent.add(producer.send(event));
            producer.flush();
            sent.forEach(future -> assertTrue(future.isDone()));
        }
    }

    private ProducerRecord<byte[], byte[]> record(String value) {
        return new ProducerRecord<>("usage-events", bytes(email), bytes(value));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** What a service's own mistake would have PostgreSQL log: the row is quoted in the detail of the error. */
    private void breakConstraints() throws SQLException {
        try (Connection connection = system.connect("identity_app", false)) {
            for (String status : List.of("active", "a status of more than twenty characters")) {
                try (PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO identity.users (email, status, phone) VALUES (?, ?, '" + phone + "')")) {
                    insert.setString(1, email);
                    insert.setString(2, status);
                    insert.executeUpdate();
                    throw new AssertionError("not refused");
                } catch (SQLException refused) {
                    // as it should be
                }
            }
        }
    }

    private static void refused(Response response) {
        int status = response.statusCode();
        if (status < 400 || status >= 500) {
            throw new AssertionError("not refused: " + response.statusLine() + " " + response.asString());
        }
    }
}
