package daftar.usage.quota;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.access.Caller;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import daftar.usage.Subscriptions;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The allowances that billing tells of. */
@QuarkusTest
@WithTestResource(TestStack.class)
class AllowancesTest {

    private static final String ROWS = """
            SELECT period_end AT TIME ZONE 'UTC' || ' ' || included_tokens || ' ' || sequence || ' '
                   || CASE WHEN ends_at = period_end THEN 'whole'
                           WHEN ends_at = period_start THEN 'never'
                           ELSE ends_at AT TIME ZONE 'UTC' || '' END AS balance
            FROM usage_balances WHERE user_id = ? ORDER BY period_end""";

    private final Stack stack = Stack.current();
    private final Subscriptions subscriptions = new Subscriptions(stack);
    private final UUID user = stack.newUser();
    private final UUID subscription = UUID.randomUUID();

    @Test
    void areReadAsTheBalanceOfThePresentPeriod() {
        subscriptions.started(user, subscription, 1, 1_000_000, 18_000);
        subscriptions.complete(user);

        subscriptions
                .read(user)
                .statusCode(200)
                .body("subscription_id", equalTo(subscription.toString()))
                .body("plan_name", equalTo("basic"))
                .body("period_start", equalTo(Subscriptions.START.toString()))
                .body("period_end", equalTo(Subscriptions.END.toString()))
                .body("ends_at", equalTo(Subscriptions.END.toString()))
                .body("usage_limit", equalTo("hard"))
                .body("included_tokens", equalTo(1_000_000))
                .body("used_tokens", equalTo(0))
                .body("reserved_tokens", equalTo(0))
                .body("remaining_tokens", equalTo(1_000_000))
                .body("remaining_speech_seconds", equalTo(18_000));
    }

    @Test
    void areReadByGuardiansAndNotByStrangers() {
        subscriptions.started(user, subscription, 1, 10, 10);
        subscriptions.complete(user);
        String guardian = "guardian." + user + "@example.org";
        try (Topics topics = new Topics(stack)) {
            topics.sendConsentState(user, 1, """
                    {"user_id":"%s","states":[{"consent_type":"tutoring","consent_given":true,
                     "guardian_email_hash":"%s","decided_at":"2026-01-02T03:04:05Z"}]}""".formatted(user, Caller.emailHash(guardian)));
        }

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> given().auth()
                        .oauth2(Tokens.guardian(guardian))
                        .get("/v1/users/{user_id}/balance", user)
                        .then()
                        .statusCode(200));
        given().auth()
                .oauth2(Tokens.person(stack.newUser()))
                .get("/v1/users/{user_id}/balance", user)
                .then()
                .spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void anOlderOrRepeatedEventChangesNothing() {
        subscriptions.started(user, subscription, 5, 500, 0);
        holds("2100-01-01 21:00:00 500 5 whole", "2101-01-01 22:00:00 500 5 whole");

        subscriptions.started(user, subscription, 4, 400, 0);
        subscriptions.send(user, 3, canceled("2026-01-01T00:00:00Z"));
        subscriptions.started(user, subscription, 5, 505, 0);
        overtaken();

        holds("2100-01-01 21:00:00 500 5 whole", "2101-01-01 22:00:00 500 5 whole");
    }

    @Test
    void aSubscriptionThatWasCancelledEndsItsAllowanceAtItsEndAndTheNextOneNeverBegins() {
        subscriptions.started(user, subscription, 1, 500, 0);
        subscriptions.complete(user);

        subscriptions.send(
                user,
                2,
                event("cancellation_scheduled")
                        .replace("\"ends_at\":null", "\"ends_at\":\"" + Subscriptions.END + "\""));
        holds("2100-01-01 21:00:00 500 2 whole", "2101-01-01 22:00:00 500 1 never");
        subscriptions.read(user).statusCode(200);

        subscriptions.send(user, 3, canceled("2026-01-01T00:00:00Z"));
        holds("2100-01-01 21:00:00 500 3 2026-01-01 00:00:00", "2101-01-01 22:00:00 500 1 never");
        subscriptions.read(user).spec(problem(Problem.NOT_FOUND));
    }

    @Test
    void theNextSubscriptionsAllowanceTakesThePlaceOfTheOneThatEnded() {
        UUID next = UUID.randomUUID();
        subscriptions.started(user, subscription, 1, 500, 0);
        subscriptions.send(user, 2, canceled("2026-01-01T00:00:00Z"));
        subscriptions.started(user, next, 3, 700, 0);

        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> subscriptions
                        .read(user)
                        .statusCode(200)
                        .body("subscription_id", equalTo(next.toString()))
                        .body("included_tokens", equalTo(700)));
    }

    /** The same events in any order, some of them twice, in batches of any size, end in the same allowance. */
    @Test
    void theOrderOfArrivalMakesNoDifference() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        List<UUID> users = IntStream.range(0, 5).mapToObj(i -> stack.newUser()).toList();
        List<Runnable> events = new ArrayList<>();
        for (UUID one : users) {
            UUID of = UUID.randomUUID();
            for (int sequence = 1; sequence <= 10; sequence++) {
                int number = sequence;
                Runnable event = () -> subscriptions.started(one, of, number, number * 100L, number);
                events.add(event);
                events.add(event);
            }
        }
        Collections.shuffle(events, new Random(seed));
        events.forEach(Runnable::run);
        overtaken();

        users.forEach(one -> assertEquals(
                List.of("2100-01-01 21:00:00 1000 10 whole", "2101-01-01 22:00:00 1000 10 whole"), rows(one)));
    }

    @Test
    void whatIsWrongBecomesADeadLetterAndStopsNothing() {
        long before = deadLetters();
        for (String wrong : List.of(
                event("started").replace("2025-01-01T22:00:00Z", "2025-01-01T22:00:30Z"),
                event("started").replace("\"included_tokens\":500", "\"included_tokens\":-1"),
                event("started").replace("\"included_tokens\":500", "\"included_tokens\":1e3"),
                event("started").replace("\"included_tokens\":500", "\"included_tokens\":1000000000000001"),
                event("started").replace("\"change\"", "\"usage_limit\":\"none\",\"change\""),
                event("started").replace("2100-01-01T21:00:00Z", "2024-01-01T21:00:00Z"),
                event("started").replace("\"subscription_id\":\"", "\"subscription_id\":\"x"),
                "{}")) {
            subscriptions.send(user, 1, wrong);
        }
        subscriptions.started(user, subscription, 2, 500, 0);

        subscriptions.complete(user);
        assertEquals(before + 8, deadLetters());
    }

    private String event(String change) {
        return Subscriptions.data(user, subscription, change, 500, 0).replaceAll("\"next_period_end\":\"[^\"]*\",", "");
    }

    private String canceled(String when) {
        return event("canceled")
                .replace("\"active\"", "\"canceled\"")
                .replace("\"canceled_at\":null", "\"canceled_at\":\"" + when + "\"");
    }

    /** What was sent before, to whatever partition, has been applied once this returns. */
    private void overtaken() {
        for (int i = 0; i < 30; i++) {
            UUID marker = UUID.randomUUID();
            subscriptions.started(marker, UUID.randomUUID(), 1, 1, 1);
            subscriptions.complete(marker);
        }
    }

    private void holds(String... balances) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertEquals(List.of(balances), rows(user)));
    }

    private List<String> rows(UUID of) {
        return stack.query("usage_owner", ROWS, of).stream()
                .map(row -> row.get("balance").toString())
                .toList();
    }

    private long deadLetters() {
        return stack.number("usage_owner", "SELECT count(*) FROM dead_letters WHERE topic = 'subscription-events'");
    }
}
