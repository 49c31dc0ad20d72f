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
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Dead letters that are tried again once their cause is gone, or too early. */
@QuarkusTest
@WithTestResource(TestStack.class)
class RedriveTest {

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);

    /** Known to the events, and to identity only once the test says so. */
    private final UUID user = UUID.randomUUID();

    @Test
    void aLetterHasItsEffectOnceAfterItsCauseIsGoneHoweverOftenItIsTried() {
        long id = letters(List.of(record(0, UUID.randomUUID().toString(), user, data(user, 7))))
                .get(0);
        redrive(id, "too early").statusCode(200).body("outcome", equalTo("unknown user"));
        register();

        redrive(id, "the user is there now").statusCode(200).body("id", equalTo((int) id));
        redrive(id, "once more").statusCode(200).body("outcome", equalTo("applied"));

        assertEquals(7, events.tokens(user));
        assertEquals(1, events.rows(user));
        assertEquals(
                List.of("too early|unknown user", "the user is there now|applied", "once more|applied"), trials(id));
        assertEquals(
                0,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM dead_letter_redrives WHERE dead_letter_id = ?"
                                + " AND (actor !~ '^[0-9a-f-]{36}$'"
                                + " OR abs(extract(epoch FROM now() - redriven_at)) > 3600)",
                        id));
    }

    @Test
    void allLettersOfACauseAreTriedAtOnceAndThoseThatAreDoneNotAgain() {
        List<ProducerRecord<byte[], byte[]>> sent = Stream.concat(
                        IntStream.range(0, 300)
                                .mapToObj(i -> record(i % 6, UUID.randomUUID().toString(), user, data(user, i))),
                        Stream.of(record(0, UUID.randomUUID().toString(), user, "no JSON")))
                .toList();
        List<Long> ids = letters(sent);
        String unknownUsers = all("\"reason_prefix\":\"unknown user\",\"limit\":200,\"after_id\":" + (ids.get(0) - 1));
        register();

        List<Integer> first = redriveAll(unknownUsers).extract().path("id");
        redriveAll(unknownUsers).body("outcome", everyItem(equalTo("applied")));
        redriveAll(unknownUsers).body("id.size()", equalTo(0));

        assertEquals(200, first.size());
        assertTrue(ids.containsAll(first.stream().map(Integer::longValue).toList()));
        assertEquals(300, events.rows(user));
        assertEquals(300 * 299 / 2, events.tokens(user));
        String rest = all("\"after_id\":" + (ids.get(0) - 1));
        redriveAll(rest).body("outcome", equalTo(List.of("the data is no valid JSON")));
    }

    @Test
    void aLetterIsListedWithoutItsBytesAndReadWithThem() {
        byte[] odd = {0, (byte) 0xff, 10};
        ProducerRecord<byte[], byte[]> sent = new ProducerRecord<>(TOPIC, 3, utf8(user.toString()), odd);
        sent.headers().add("a", odd).add("a", null).add("ce_id", utf8("x"));
        long id = letters(List.of(sent)).get(0);

        letter(id, Tokens.staff("administrator"))
                .statusCode(200)
                .body("key", equalTo(base64(utf8(user.toString()))))
                .body("value", equalTo(base64(odd)))
                .body("headers.name", equalTo(List.of("a", "a", "ce_id")))
                .body("headers[0].value", equalTo(base64(odd)))
                .body("headers[1].value", nullValue());
        redrive(id, "whatever").body("outcome", equalTo("the record is no CloudEvents 1.0 message"));
        list(Tokens.staff("support"), "")
                .statusCode(200)
                .body("items.find { it.id == %d }.topic".formatted(id), equalTo(TOPIC))
                .body("items.find { it.id == %d }.partition".formatted(id), equalTo(3))
                .body(
                        "items.find { it.id == %d }.last_outcome".formatted(id),
                        equalTo("the record is no CloudEvents 1.0 message"))
                .body("items", everyItem(not(hasKey("value"))))
                .body("items", everyItem(not(hasKey("key"))));
    }

    @Test
    void theListGoesOnPageByPage() {
        Set<Long> wanted = new HashSet<>(letters(IntStream.range(0, 5)
                .mapToObj(i -> record(0, UUID.randomUUID().toString(), user, "no JSON"))
                .toList()));
        String cursor = "";
        for (int page = 0; page < 3; page++) {
            var answer = list(Tokens.staff("support"), "?limit=2" + cursor)
                    .statusCode(200)
                    .extract()
                    .body();
            List<Integer> ids = answer.path("items.id");
            ids.forEach(id -> wanted.remove(id.longValue()));
            cursor = "&cursor=" + answer.path("next_cursor");
        }
        assertEquals(Set.of(), wanted);
    }

    @Test
    void staffAloneMayLookAndAnAdministratorAloneMayTry() {
        long id = letters(List.of(record(0, UUID.randomUUID().toString(), user, "no JSON")))
                .get(0);
        for (String token : List.of(Tokens.person(user), Tokens.service("usage:read"))) {
            list(token, "").spec(problem(Problem.FORBIDDEN));
            letter(id, token).spec(problem(Problem.FORBIDDEN));
        }
        letter(id, Tokens.staff("support")).spec(problem(Problem.FORBIDDEN));
        for (String path : List.of("/v1/dead-letters/" + id + "/redrives", "/v1/dead-letters/redrives")) {
            post(path, all("\"limit\":1"), Tokens.staff("support")).spec(problem(Problem.FORBIDDEN));
            post(path, all("\"limit\":1"), Tokens.service("usage:read")).spec(problem(Problem.FORBIDDEN));
        }
        given().get("/v1/dead-letters").then().spec(problem(Problem.UNAUTHENTICATED));
        assertEquals(List.of(), trials(id));
    }

    @Test
    void saysWhatCannotBeTried() {
        redrive(Long.MAX_VALUE, "why").spec(problem(Problem.NOT_FOUND));
        letter(Long.MAX_VALUE, Tokens.staff("administrator")).spec(problem(Problem.NOT_FOUND));
        redrive(1, " ").spec(problemAt(Problem.INVALID_INPUT, "/reason"));
        redriveAll("{\"topic\":\"another\",\"reason\":\"why\"}", 422).spec(problem(Problem.UNKNOWN_REFERENCE));
        redriveAll(all("\"limit\":1001"), 422).spec(problemAt(Problem.INVALID_INPUT, "/limit"));
    }

    /** Sends records that can have no effect, and waits for them among the dead letters: their ids in order. */
    private List<Long> letters(List<ProducerRecord<byte[], byte[]>> records) {
        try (Topics topics = new Topics(stack)) {
            topics.send(records);
        }
        await().until(() -> ids().size() == records.size());
        return ids();
    }

    private List<Long> ids() {
        return stack
                .query(
                        "usage_owner",
                        "SELECT id FROM dead_letters WHERE key = convert_to(?, 'UTF8') ORDER BY id",
                        user.toString())
                .stream()
                .map(row -> (Long) row.get("id"))
                .toList();
    }

    private List<String> trials(long id) {
        return stack
                .query(
                        "usage_owner",
                        "SELECT reason || '|' || outcome AS trial FROM dead_letter_redrives WHERE dead_letter_id = ?"
                                + " ORDER BY id",
                        id)
                .stream()
                .map(Map::values)
                .map(values -> (String) values.iterator().next())
                .toList();
    }

    private void register() {
        stack.execute(
                "identity_owner", "INSERT INTO identity.users (id, email) VALUES (?, ?)", user, user + "@test.invalid");
    }

    private static String all(String more) {
        return "{\"topic\":\"%s\",\"reason\":\"why\",%s}".formatted(TOPIC, more);
    }

    private static ValidatableResponse redrive(long id, String reason) {
        return post(
                "/v1/dead-letters/" + id + "/redrives",
                "{\"reason\":\"%s\"}".formatted(reason),
                Tokens.staff("administrator"));
    }

    private static ValidatableResponse redriveAll(String body) {
        return redriveAll(body, 200);
    }

    private static ValidatableResponse redriveAll(String body, int status) {
        return post("/v1/dead-letters/redrives", body, Tokens.staff("administrator"))
                .statusCode(status);
    }

    private static ValidatableResponse post(String path, String body, String token) {
        return given().auth()
                .oauth2(token)
                .contentType("application/json")
                .body(body)
                .post(path)
                .then();
    }

    private static ValidatableResponse letter(long id, String token) {
        return given().auth().oauth2(token).get("/v1/dead-letters/{id}", id).then();
    }

    private static ValidatableResponse list(String token, String query) {
        return given().auth().oauth2(token).get("/v1/dead-letters" + query).then();
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
