package daftar.usage.ingest;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static daftar.usage.ingest.PostedBodyTest.event;
import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.utf8;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Usage events over HTTP, to where they count. */
@QuarkusTest
@WithTestResource(TestStack.class)
class UsageEventsResourceTest {

    private static final String BATCH = "application/cloudevents-batch+json";

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();
    private final UUID other = stack.newUser();
    private final MeterRegistry meters;

    @Inject
    UsageEventsResourceTest(MeterRegistry meters) {
        this.meters = meters;
    }

    @Test
    void aThousandEventsAreAcceptedInOrderAndCountOnce() {
        List<String> batch = IntStream.range(0, 1000)
                .mapToObj(i -> event(newId(), data(i % 2 == 0 ? user : other, 1)))
                .toList();

        post(batch)
                .statusCode(202)
                .body("items.size()", equalTo(1000))
                .body("items.result", everyItem(equalTo("accepted")));
        await().until(() -> events.rows(user) + events.rows(other) == 1000);
        post(batch).statusCode(202).body("items.result", everyItem(equalTo("duplicate")));

        assertEquals(500, events.tokens(user));
        assertEquals(500, events.tokens(other));
    }

    @Test
    void eachEventOfARequestHasItsOwnResult() {
        String counted = newId();
        post(List.of(event(counted, data(user, 1)))).statusCode(202);
        await().until(() -> events.rows(user) == 1);
        String fresh = newId();
        double rejected = posted("rejected");

        post(List.of(
                        event(fresh, data(user, 2)),
                        event(counted, data(user, 1)),
                        event(fresh, data(user, 2)),
                        event(counted, data(user, 3)),
                        event(newId(), data(user, -1)),
                        event(newId(), data(UUID.randomUUID(), 1)),
                        "1"))
                .statusCode(202)
                .body(
                        "items.result",
                        equalTo(List.of(
                                "accepted", "duplicate", "duplicate", "conflict", "rejected", "rejected", "rejected")))
                .body("items[0].id", equalTo(fresh.replace("\"", "")))
                .body("items[3].reason", equalTo("conflict: another event has counted under this id"))
                .body("items[4].pointer", equalTo("/4/data/tokens_used"))
                .body("items[5].reason", equalTo("unknown user"))
                .body("items[5].pointer", equalTo("/5/data/user_id"))
                .body("items[6].reason", equalTo("the event is no object"));

        await().until(() -> events.rows(user) == 2);
        assertEquals(3, events.tokens(user));
        assertEquals(rejected + 3, posted("rejected"));
    }

    @Test
    void aConflictIsKeptWithItsBytesAndReasonAndCounted() {
        String id = newId();
        post(List.of(event(id, data(user, 1)))).statusCode(202);
        await().until(() -> events.rows(user) == 1);
        double before = meters.counter(UsageIngest.CONFLICTS).count();
        String elsewhere = data(other, 8);

        post(List.of(event(id, elsewhere))).statusCode(202).body("items.result", equalTo(List.of("conflict")));

        await().until(() -> letters(other).size() == 1);
        Map<String, Object> letter = letters(other).get(0);
        assertEquals("conflict: another event has counted under this id", letter.get("reason"));
        assertArrayEquals(utf8(elsewhere), (byte[]) letter.get("value"));
        assertEquals(before + 1, meters.counter(UsageIngest.CONFLICTS).count());
        assertEquals(0, events.rows(other));
    }

    @Test
    void ofTwoEventsOfARequestWithOneIdTheFirstCountsThoughTheyAreAboutDifferentUsers() {
        List<String> batch = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String id = newId();
            batch.add(event(id, data(user, 1)));
            batch.add(event(id, data(other, 1)));
        }

        post(batch).statusCode(202).body("items.result.count { it == 'conflict' }", equalTo(200));

        // keyed by the first one's user
        await().until(() -> letters(user).size() == 200);
        assertEquals(200, events.rows(user));
        assertEquals(0, events.rows(other));
    }

    @Test
    void twoRequestsWithTheSameEventsAtOnceCountThemOnce() {
        List<String> batch = IntStream.range(0, 300)
                .mapToObj(i -> event(newId(), data(user, 1)))
                .toList();

        IntStream.range(0, 6).parallel().forEach(i -> post(batch).statusCode(202));

        await().until(() -> events.rows(user) == 300);
        post(batch).body("items.result", everyItem(equalTo("duplicate")));
        assertEquals(300, events.tokens(user));
    }

    @Test
    void anEventKeepsTheRequestsTraceAndCorrelationAndItsUserIsItsKey() {
        String trace = UUID.randomUUID().toString().replace("-", "");
        String correlation = UUID.randomUUID().toString();

        request(BATCH)
                .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01")
                .header("X-Correlation-Id", correlation)
                .body(List.of(event(newId(), data(user, 1))).toString())
                .post("/v1/usage-events")
                .then()
                .statusCode(202);

        try (Topics topics = new Topics(stack)) {
            ConsumerRecord<byte[], byte[]> sent = topics.read(UsageEvents.TOPIC).stream()
                    .filter(record -> Arrays.equals(utf8(user.toString()), record.key()))
                    .findFirst()
                    .orElseThrow();
            assertEquals(trace, header(sent, "traceparent").split("-", -1)[1]);
            assertEquals(correlation, header(sent, "correlation_id"));
            assertEquals("1.0", header(sent, "ce_specversion"));
        }
    }

    @Test
    void aSingleEventIsTakenTooAndItsPointersAreOfItsBody() {
        single(event(newId(), data(user, 1))).statusCode(202).body("items.result", equalTo(List.of("accepted")));
        single(event(newId(), data(user, -1))).spec(problemAt(Problem.INVALID_INPUT, "/data/tokens_used"));

        await().until(() -> events.rows(user) == 1);
    }

    @Test
    void aRequestWithNothingThatCanBeTakenIsAProblemThatSaysOfEachWhy() {
        post(List.of(event(newId(), data(user, -1)), event(newId(), "[]")))
                .spec(problemAt(Problem.INVALID_INPUT, "/0/data/tokens_used"))
                .body("errors.size()", equalTo(2))
                .body("errors[1].pointer", equalTo("/1"))
                .body("errors[1].detail", equalTo("the data is no JSON object"));
        post(List.of()).spec(problemAt(Problem.INVALID_INPUT, ""));
        raw("no JSON").spec(problem(Problem.MALFORMED_REQUEST));
        raw("").spec(problem(Problem.MALFORMED_REQUEST));
        raw("{}").spec(problem(Problem.MALFORMED_REQUEST));
        request("application/json").body("[]").post("/v1/usage-events").then().statusCode(415);
        raw("[" + "1".repeat(1024 * 1024) + "]").statusCode(413);
    }

    @Test
    void aServiceWithTheScopeAloneMaySend() {
        for (String token : List.of(
                Tokens.person(user),
                Tokens.staff("administrator"),
                Tokens.staff("support"),
                Tokens.service("usage:read"))) {
            given().auth()
                    .oauth2(token)
                    .contentType(BATCH)
                    .body(List.of(event(newId(), data(user, 1))).toString())
                    .post("/v1/usage-events")
                    .then()
                    .spec(problem(Problem.FORBIDDEN));
        }
    }

    @Test
    void nothingIsClaimedWhileTheBrokerIsAwayAndTheSameCanBeSentAgain() {
        List<String> batch = IntStream.range(0, 100)
                .mapToObj(i -> event(newId(), data(user, 1)))
                .toList();
        stack.kafka().kill();
        try {
            post(batch).spec(problem(Problem.UNAVAILABLE)).header("Retry-After", notNullValue());
        } finally {
            stack.kafka().start();
        }

        await().until(() -> post(batch).extract().statusCode() == 202);

        await().until(() -> events.rows(user) == 100);
        assertEquals(100, events.tokens(user));
    }

    private static String newId() {
        return "\"" + UUID.randomUUID() + "\"";
    }

    private static ValidatableResponse post(List<String> batch) {
        return raw(batch.toString());
    }

    private static ValidatableResponse raw(String body) {
        return request(BATCH).body(body).post("/v1/usage-events").then();
    }

    private static ValidatableResponse single(String body) {
        return request("application/cloudevents+json")
                .body(body)
                .post("/v1/usage-events")
                .then();
    }

    private static io.restassured.specification.RequestSpecification request(String mediaType) {
        return given().auth()
                .oauth2(Tokens.service("usage:write"))
                .config(io.restassured.RestAssured.config()
                        .encoderConfig(io.restassured.config.EncoderConfig.encoderConfig()
                                .encodeContentTypeAs(mediaType, io.restassured.http.ContentType.TEXT)
                                .appendDefaultContentCharsetToContentTypeIfUndefined(false)))
                .contentType(mediaType);
    }

    private List<Map<String, Object>> letters(UUID key) {
        return stack.query(
                "usage_owner", "SELECT reason, value FROM dead_letters WHERE key = ?", (Object) utf8(key.toString()));
    }

    private double posted(String result) {
        return meters.counter(PostedEvents.POSTED, "result", result).count();
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
