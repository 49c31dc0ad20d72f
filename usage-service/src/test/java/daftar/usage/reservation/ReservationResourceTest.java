package daftar.usage.reservation;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static daftar.usage.reservation.ReservationApi.release;
import static daftar.usage.reservation.ReservationApi.request;
import static daftar.usage.reservation.ReservationApi.reserve;
import static daftar.usage.reservation.ReservationApi.reserved;
import static daftar.usage.reservation.ReservationApi.settle;
import static daftar.usage.reservation.ReservationApi.wanted;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.kit.problem.Problem;
import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import daftar.usage.Subscriptions;
import daftar.usage.UsageTopic;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class ReservationResourceTest {

    private final Stack stack = Stack.current();
    private final Subscriptions subscriptions = new Subscriptions(stack);

    @Test
    void grantsWhatIsLeftAndTellsWhatIsWhenItIsTooMuch() {
        UUID user = subscriptions.newUser(1_000, 60);

        reserve(user, 700, 60)
                .statusCode(201)
                .header("Location", containsString("/v1/users/" + user + "/reservations/"))
                .body("state", equalTo("held"))
                .body("tokens", equalTo(700))
                .body("speech_seconds", equalTo(0))
                .body("expires_at", notNullValue());
        reserve(user, 301, 60)
                .spec(problem(Problem.QUOTA_EXCEEDED))
                .body("remaining_tokens", equalTo(300))
                .body("remaining_speech_seconds", equalTo(60))
                .body("period_end", equalTo(Subscriptions.END.toString()));
        reserve(user, "{\"tokens\":1,\"speech_seconds\":61,\"ttl_seconds\":60}").spec(problem(Problem.QUOTA_EXCEEDED));
        reserve(user, "{\"tokens\":300,\"speech_seconds\":60,\"ttl_seconds\":60}")
                .statusCode(201);

        subscriptions
                .read(user)
                .statusCode(200)
                .body("used_tokens", equalTo(0))
                .body("reserved_tokens", equalTo(1_000))
                .body("remaining_tokens", equalTo(0))
                .body("reserved_speech_seconds", equalTo(60));
    }

    /** Usage is a fact: it is counted beyond what is included, and then nothing is left to reserve. */
    @Test
    void grantsNothingOfAMeterThatIsUsedUpAndTheOtherStill() {
        UUID user = subscriptions.newUser(100, 60);
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.used(user, 150);
        }
        subscriptions.awaitTokens(user, 150, 0);

        reserve(user, 1, 60).spec(problem(Problem.QUOTA_EXCEEDED)).body("remaining_tokens", equalTo(0));
        reserve(user, "{\"speech_seconds\":60,\"ttl_seconds\":60}").statusCode(201);
    }

    @Test
    void refusesNobodyWhoseLimitIsSoft() {
        UUID user = stack.newUser();
        String data = Subscriptions.data(user, UUID.randomUUID(), "started", 100, 0);
        subscriptions.send(user, 1, data.replace("\"change\"", "\"usage_limit\":\"soft\",\"change\""));
        subscriptions.complete(user);

        reserve(user, 150, 60).statusCode(201);

        subscriptions
                .read(user)
                .body("usage_limit", equalTo("soft"))
                .body("reserved_tokens", equalTo(150))
                .body("remaining_tokens", equalTo(0));
    }

    @Test
    void whoHasNoAllowanceIsRefused() {
        UUID user = stack.newUser();

        reserve(user, 1, 60).spec(problem(Problem.QUOTA_EXCEEDED)).body("remaining_tokens", equalTo(0));
        subscriptions.read(user).spec(problem(Problem.NOT_FOUND));
    }

    @Test
    void theSameRequestAgainReservesOnce() {
        UUID user = subscriptions.newUser(100, 0);
        String key = UUID.randomUUID().toString();
        String id = null;
        for (int i = 0; i < 5; i++) {
            String again = request(wanted(user, 60, 60))
                    .header("Idempotency-Key", key)
                    .post("/v1/users/{user_id}/reservations", user)
                    .then()
                    .statusCode(201)
                    .extract()
                    .path("id");
            assertEquals(id == null ? again : id, again);
            id = again;
        }

        assertEquals(60, subscriptions.balance(user, "reserved_tokens"));
        request(wanted(user, 61, 60))
                .header("Idempotency-Key", key)
                .post("/v1/users/{user_id}/reservations", user)
                .then()
                .spec(problem(Problem.IDEMPOTENCY_KEY_REUSED));
    }

    @Test
    void whatIsReleasedCanBeReservedAnew() {
        UUID user = subscriptions.newUser(100, 0);
        UUID id = reserved(user, 100, 60);

        release(user, id).statusCode(204);
        release(user, id).statusCode(204);

        assertEquals(0, subscriptions.balance(user, "reserved_tokens"));
        settle(user, id, "{\"tokens_used\":5}").spec(problem(Problem.CONFLICT));
        reserved(user, 100, 60);
    }

    /** Usage and billing count an id once, and there is one event whose id is the reservation's. */
    @Test
    void aSettlementIsOneEventOfTheReservationsIdAndCountsOnceHoweverOftenItIsAskedForAndDelivered() {
        UUID user = subscriptions.newUser(1_000, 0);
        UUID id = reserved(user, 500, 60);

        for (int i = 0; i < 3; i++) {
            settle(user, id, "{\"tokens_used\":200,\"cost_usd\":\"0.000840\"}")
                    .statusCode(200)
                    .body("tokens", equalTo(200));
        }

        subscriptions.awaitTokens(user, 200, 0);
        JsonNode event = Published.events(stack, "usage-events", user, 1).get(0);
        assertEquals(id.toString(), event.path("reservation_id").asText());
        assertEquals(200, event.path("tokens_used").asInt());
        assertEquals("0.000840", event.path("cost_usd").asText());
        ConsumerRecord<byte[], byte[]> record = published(user);
        assertEquals(id.toString(), text(record.headers().lastHeader("ce_id").value()));
        try (Topics topics = new Topics(stack)) {
            topics.send(List.of(new ProducerRecord<>(
                    record.topic(), 5, record.timestamp(), record.key(), record.value(), record.headers())));
        }
        overtaken(user, 200);
        assertEquals("settled", state(id));
        settle(user, id, "{\"tokens_used\":200}").statusCode(200).body("state", equalTo("settled"));
        settle(user, id, "{\"tokens_used\":201}").spec(problem(Problem.CONFLICT));
        release(user, id).spec(problem(Problem.CONFLICT));
    }

    @Test
    void moreThanWasReservedIsSettledToo() {
        UUID user = subscriptions.newUser(100, 0);
        UUID id = reserved(user, 100, 60);

        settle(user, id, "{\"tokens_used\":130}").statusCode(200);

        subscriptions.awaitTokens(user, 130, 0);
    }

    @Test
    void aProducersOwnEventSettlesTheReservationThatItNames() {
        UUID user = subscriptions.newUser(100, 0);
        UUID id = reserved(user, 80, 60);
        UUID event = UUID.randomUUID();
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.send(List.of(
                    UsageTopic.event(event, user, 30, id),
                    UsageTopic.event(event, user, 30, id),
                    UsageTopic.event(UUID.randomUUID(), user, 5, id)));
        }

        subscriptions.awaitTokens(user, 35, 0);

        assertEquals("settled", state(id));
        settle(user, id, "{\"tokens_used\":30}").spec(problem(Problem.CONFLICT));
    }

    @Test
    void anEventThatNamesAnothersReservationOrNoneIsUsageLikeAnyOther() {
        UUID user = subscriptions.newUser(100, 0);
        UUID another = subscriptions.newUser(100, 0);
        UUID anothers = reserved(another, 80, 60);
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.send(List.of(
                    UsageTopic.event(UUID.randomUUID(), user, 10, anothers),
                    UsageTopic.event(UUID.randomUUID(), user, 20, UUID.randomUUID())));
        }

        subscriptions.awaitTokens(user, 30, 0);

        assertEquals("held", state(anothers));
        assertEquals(80, subscriptions.balance(another, "reserved_tokens"));
    }

    @Test
    void aSettlementNeedsTheSessionAndTheServiceWhereTheReservationHasNone() {
        UUID user = subscriptions.newUser(100, 0);
        UUID id = UUID.fromString(reserve(user, "{\"tokens\":9,\"ttl_seconds\":60}")
                .statusCode(201)
                .extract()
                .path("id"));

        settle(user, id, "{\"tokens_used\":9}").spec(problemAt(Problem.INVALID_INPUT, "/session_id"));
        settle(user, id, "{\"tokens_used\":9,\"session_id\":\"" + user + "\"}")
                .spec(problemAt(Problem.INVALID_INPUT, "/service_name"));
        assertEquals("held", state(id));
        settle(user, id, "{\"tokens_used\":9,\"session_id\":\"" + user + "\",\"service_name\":\"chat\"}")
                .statusCode(200);
        subscriptions.awaitTokens(user, 9, 0);
    }

    @Test
    void aReservationIsReadByItsUserAndId() {
        UUID user = subscriptions.newUser(100, 0);
        UUID id = reserved(user, 9, 60);

        given().auth()
                .oauth2(ReservationApi.token())
                .header("Daftar-Position", new daftar.usage.Rows(stack).position())
                .get("/v1/users/{user_id}/reservations/{id}", user, id)
                .then()
                .statusCode(200)
                .body("id", equalTo(id.toString()))
                .body("service_name", equalTo("tutor"));
        given().auth()
                .oauth2(ReservationApi.token())
                .get("/v1/users/{user_id}/reservations/{id}", stack.newUser(), id)
                .then()
                .spec(problem(Problem.NOT_FOUND));
        settle(stack.newUser(), id, "{\"tokens_used\":9}").spec(problem(Problem.NOT_FOUND));
        release(stack.newUser(), id).spec(problem(Problem.NOT_FOUND));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"ttl_seconds\":60}                                              | /tokens",
                "{\"tokens\":0,\"speech_seconds\":0,\"ttl_seconds\":60}            | /tokens",
                "{\"tokens\":-1,\"ttl_seconds\":60}                                | /tokens",
                "{\"tokens\":1,\"speech_seconds\":-1,\"ttl_seconds\":60}           | /speech_seconds",
                "{\"tokens\":1}                                                    | /ttl_seconds",
                "{\"tokens\":1,\"ttl_seconds\":0}                                  | /ttl_seconds",
                "{\"tokens\":1,\"ttl_seconds\":3601}                               | /ttl_seconds",
                "{\"tokens\":1,\"ttl_seconds\":60,\"service_name\":\" \"}          | /service_name",
                "{\"tokens\":1,\"ttl_seconds\":60,\"service_name\":\"a\\u0000b\"}  | /service_name"
            })
    void refusesWhatCannotBe(String body, String pointer) {
        reserve(stack.newUser(), body).spec(problemAt(Problem.INVALID_INPUT, pointer));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"tokens\":1.5,\"ttl_seconds\":60}",
                "{\"tokens\":\"1\",\"ttl_seconds\":60}",
                "{\"tokens\":2147483648,\"ttl_seconds\":60}",
                "{\"tokens\":1,\"ttl_seconds\":60,\"session_id\":\"x\"}",
                "[]",
                "{"
            })
    void refusesWhatCannotBeRead(String body) {
        reserve(stack.newUser(), body).spec(problem(Problem.MALFORMED_REQUEST));
    }

    @Test
    void isForServicesWithTheScopeAlone() {
        UUID user = stack.newUser();
        for (String token : List.of(Tokens.person(user), Tokens.service("usage:read"), Tokens.staff("administrator"))) {
            given().auth()
                    .oauth2(token)
                    .contentType("application/json")
                    .body(wanted(user, 1, 60))
                    .post("/v1/users/{user_id}/reservations", user)
                    .then()
                    .spec(problem(Problem.FORBIDDEN));
        }
    }

    /** Everything that was sent before has had its effect once this returns; it uses one token more. */
    private void overtaken(UUID user, int used) {
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.send(java.util.stream.IntStream.range(0, 6)
                    .mapToObj(partition -> {
                        UUID id = UUID.randomUUID();
                        ProducerRecord<byte[], byte[]> event = UsageTopic.event(id, user, 1, null);
                        return new ProducerRecord<>(
                                event.topic(), partition, event.key(), event.value(), event.headers());
                    })
                    .toList());
        }
        subscriptions.awaitTokens(user, used + 6, 0);
    }

    private ConsumerRecord<byte[], byte[]> published(UUID user) {
        try (Topics topics = new Topics(stack)) {
            return topics.read("usage-events").stream()
                    .filter(record -> Arrays.equals(user.toString().getBytes(StandardCharsets.UTF_8), record.key()))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private String state(UUID id) {
        return stack.query("usage_owner", "SELECT state FROM usage_reservations WHERE id = ?", id)
                .get(0)
                .get("state")
                .toString();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
