package daftar.usage.ingest;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static daftar.usage.ingest.UsageEvents.TOPIC;
import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static daftar.usage.ingest.UsageEvents.utf8;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.kit.telemetry.Meters;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Dead letters as an operator finds them, and those that will never count. */
@QuarkusTest
@WithTestResource(TestStack.class)
class DiscardTest {

    private final Stack stack = Stack.current();

    /** Unknown to identity: what is about this user is a dead letter. */
    private final UUID user = UUID.randomUUID();

    private final MeterRegistry meters;

    @Inject
    DiscardTest(MeterRegistry meters) {
        this.meters = meters;
    }

    @Test
    void aDiscardedLetterIsKeptWithWhoAndWhyAndWaitsNoLonger() {
        long id = letters(1).get(0);

        discard(id, "INC-7: a test of the producer").statusCode(200).body("outcome", equalTo("discarded"));
        discard(id, "once more").statusCode(200).body("outcome", equalTo("discarded"));

        assertEquals(
                1,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM dead_letter_redrives WHERE dead_letter_id = ? AND outcome = 'discarded'"
                                + " AND reason = 'INC-7: a test of the producer' AND actor ~ '^[0-9a-f-]{36}$'",
                        id));
        assertEquals(1, stack.number("usage_owner", "SELECT count(*) FROM dead_letters WHERE id = ?", id));
        list("&waiting=true").body("items.id", not(hasItem((int) id)));
        list("&waiting=false").body("items.id", hasItem((int) id));
        redriveAll(id - 1).body("id", not(hasItem((int) id)));
    }

    @Test
    void lettersOfOneCauseAreDiscardedTogetherAndTheMetricSaysHowManyWait() {
        List<Long> ids = letters(30);
        long before = waitingInTheTable();
        await().until(() -> waiting() == before);

        post("/v1/dead-letters/discards", cause(ids.get(0) - 1, 20))
                .statusCode(200)
                .body("id.size()", equalTo(20))
                .body("outcome", everyItem(equalTo("discarded")));
        post("/v1/dead-letters/discards", cause(ids.get(19), 20))
                .statusCode(200)
                .body("id.size()", equalTo(10));

        await().until(() -> waiting() == before - 30);
    }

    @Test
    void aLetterThatWasAppliedIsNotDiscarded() {
        long id = letters(1).get(0);
        stack.execute(
                "identity_owner", "INSERT INTO identity.users (id, email) VALUES (?, ?)", user, user + "@test.invalid");
        post("/v1/dead-letters/" + id + "/redrives", "{\"reason\":\"known now\"}")
                .body("outcome", equalTo("applied"));

        discard(id, "too late").statusCode(200).body("outcome", equalTo("applied"));
    }

    @Test
    void lettersAreFoundByTopicReasonAndTimeAndCountedByReason() {
        long id = letters(1).get(0);
        String now = stack.query("usage_owner", "SELECT recorded_at FROM dead_letters WHERE id = ?", id)
                .get(0)
                .get("recorded_at")
                .toString();
        Instant recorded = java.sql.Timestamp.valueOf(now).toInstant();

        list("&topic=usage-events&reason_prefix=unknown")
                .body("items.id", hasItem((int) id))
                .body("items.reason", everyItem(startsWith("unknown")));
        list("&topic=another").body("items.size()", equalTo(0));
        list("&reason_prefix=no%20such").body("items.size()", equalTo(0));
        list("&recorded_from=" + recorded.minusMillis(1)).body("items.id", hasItem((int) id));
        list("&recorded_to=" + recorded.minusMillis(1)).body("items.id", not(hasItem((int) id)));
        get("/v1/dead-letters?recorded_to=x").spec(problem(Problem.MALFORMED_REQUEST));
        get("/v1/dead-letters?recorded_to=+999999999-01-01T00:00:00Z").statusCode(400);
        get("/v1/dead-letters?recorded_to=9999-01-01T00:00:00Z").spec(problemAt(Problem.INVALID_INPUT, "/recorded_to"));
        String ofUnknownUsers = "find { it.topic == 'usage-events' && it.reason == 'unknown user' }";
        int waiting = get("/v1/dead-letters/counts").statusCode(200).extract().path(ofUnknownUsers + ".waiting");
        assertEquals(
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM dead_letters AS d WHERE reason = 'unknown user' AND NOT EXISTS (SELECT FROM"
                                + " dead_letter_redrives AS t WHERE t.dead_letter_id = d.id AND outcome IN ('applied',"
                                + " 'discarded'))"),
                waiting);
    }

    @Test
    void refusesWhatCannotBeDiscardedAndWhoMayNot() {
        discard(Long.MAX_VALUE, "why").spec(problem(Problem.NOT_FOUND));
        discard(1, " ").spec(problemAt(Problem.INVALID_INPUT, "/reason"));
        post("/v1/dead-letters/discards", "{\"topic\":\"another\",\"reason\":\"why\"}")
                .spec(problem(Problem.UNKNOWN_REFERENCE));
        for (String token : List.of(Tokens.person(user), Tokens.staff("support"), Tokens.service("usage:write"))) {
            given().auth()
                    .oauth2(token)
                    .contentType("application/json")
                    .body("{\"reason\":\"why\"}")
                    .post("/v1/dead-letters/1/discards")
                    .then()
                    .spec(problem(Problem.FORBIDDEN));
        }
    }

    /** As if the topic had been made anew: another letter has lain at this place before. */
    @Test
    void aLetterOfATopicThatWasMadeAnewIsKeptBesideTheOneOfTheSamePlace() {
        try (Topics topics = new Topics(stack)) {
            long next = topics.read(TOPIC).stream()
                            .filter(record -> record.partition() == 5)
                            .mapToLong(record -> record.offset())
                            .max()
                            .orElse(-1)
                    + 1;
            stack.execute(
                    "usage_owner",
                    "INSERT INTO dead_letters (topic, partition, \"offset\", value, headers, reason, digest)"
                            + " VALUES (?, 5, ?, 'of before', '[]', 'no JSON', 'of before')",
                    TOPIC,
                    next);

            topics.send(List.of(record(5, UUID.randomUUID().toString(), user, "no JSON")));

            await().until(() -> ids().size() == 1);
            assertEquals(
                    2,
                    stack.number(
                            "usage_owner",
                            "SELECT count(*) FROM dead_letters WHERE topic = ? AND partition = 5 AND \"offset\" = ?",
                            TOPIC,
                            next));
        }
    }

    private long waitingInTheTable() {
        return stack.number("usage_owner", """
                SELECT count(*) FROM dead_letters AS d
                WHERE NOT EXISTS (
                    SELECT FROM dead_letter_redrives AS t
                    WHERE t.dead_letter_id = d.id AND t.outcome IN ('applied', 'discarded'))""");
    }

    private double waiting() {
        return meters.get(Meters.DEAD_LETTERS_WAITING).gauge().value();
    }

    private List<Long> letters(int count) {
        try (Topics topics = new Topics(stack)) {
            topics.send(IntStream.range(0, count)
                    .mapToObj(i -> record(i % 6, UUID.randomUUID().toString(), user, data(user, i)))
                    .toList());
        }
        await().until(() -> ids().size() == count);
        return ids();
    }

    private List<Long> ids() {
        return stack
                .query("usage_owner", "SELECT id FROM dead_letters WHERE key = ? ORDER BY id", (Object)
                        utf8(user.toString()))
                .stream()
                .map(row -> (Long) row.get("id"))
                .toList();
    }

    private static String cause(long afterId, int limit) {
        return "{\"topic\":\"%s\",\"reason_prefix\":\"unknown user\",\"after_id\":%d,\"limit\":%d,\"reason\":\"INC-7\"}"
                .formatted(TOPIC, afterId, limit);
    }

    private static ValidatableResponse discard(long id, String reason) {
        return post("/v1/dead-letters/" + id + "/discards", "{\"reason\":\"%s\"}".formatted(reason));
    }

    private static ValidatableResponse redriveAll(long afterId) {
        return post("/v1/dead-letters/redrives", cause(afterId, 10)).statusCode(200);
    }

    private static ValidatableResponse post(String path, String body) {
        return given().auth()
                .oauth2(Tokens.staff("administrator"))
                .contentType("application/json")
                .body(body)
                .post(path)
                .then();
    }

    private ValidatableResponse list(String query) {
        return get("/v1/dead-letters?limit=500" + query).statusCode(200);
    }

    /** Never older than what was written a moment ago. */
    private ValidatableResponse get(String path) {
        return given().auth()
                .oauth2(Tokens.staff("support"))
                .urlEncodingEnabled(false)
                .header("Daftar-Position", new daftar.usage.Rows(stack).position())
                .get(path)
                .then();
    }
}
