package daftar.usage;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.access.Caller;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The copy of topic consent-events, and the guardians that it knows. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ConsentStatesTest {

    private final Stack stack = Stack.current();
    private final Topics topics = new Topics(stack);
    private final UUID child = stack.newUser();
    private final String guardian = "guardian." + child + "@example.org";

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void theGuardianReadsTheChildsUsageAndAnothersGuardianDoesNot() {
        UUID another = stack.newUser();
        topics.sendConsentState(another, 1, data(another, state("tutoring", true, "another." + guardian)));
        topics.sendConsentState(child, 1, data(child, state("tutoring", true, guardian)));
        holds(another, "tutoring true 1");
        holds(child, "tutoring true 1");
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            read(child, guardian).statusCode(200);
            read(another, "another." + guardian).statusCode(200);
        });
        read(another, guardian).spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void theLastStateCountsWhateverComesLateOrAgain() {
        topics.sendConsentState(
                child, 5, data(child, state("tutoring", true, guardian), state("speech", true, guardian)));
        holds(child, "speech true 5", "tutoring true 5");
        topics.sendConsentState(
                child, 7, data(child, state("tutoring", false, guardian), state("chat", true, guardian)));
        holds(child, "chat true 7", "tutoring false 7");
        topics.sendConsentState(child, 6, data(child, state("speech", true, guardian)));
        topics.sendConsentState(child, 7, data(child, state("tutoring", true, guardian)));
        overtaken();
        holds(child, "chat true 7", "tutoring false 7");
        topics.sendConsentState(child, 8, null);
        holds(child);
    }

    /** The same events in any order, in batches of any size, end in the same state. */
    @Test
    void theOrderOfArrivalMakesNoDifference() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        List<UUID> children =
                IntStream.range(0, 5).mapToObj(i -> stack.newUser()).toList();
        List<Runnable> events = new ArrayList<>();
        for (UUID one : children) {
            for (int sequence = 1; sequence <= 12; sequence++) {
                int number = sequence;
                events.add(() -> topics.sendConsentState(
                        one, number, data(one, state("type_" + number % 3, number % 2 == 0, guardian))));
            }
        }
        Collections.shuffle(events, new Random(seed));
        events.forEach(Runnable::run);
        children.forEach(one -> holds(one, "type_0 true 12"));
        overtaken();
        children.forEach(one -> holds(one, "type_0 true 12"));
    }

    @Test
    void whatIsWrongBecomesADeadLetterAndStopsNothing() {
        long before = deadLetters();
        topics.sendConsentState(child, 1, data(child, state("tutoring", true, guardian)));
        holds(child, "tutoring true 1");
        topics.sendEvent(
                "consent-events", "daftar.consent.state.v1", UUID.randomUUID().toString(), child, data(child));
        for (String wrong : List.of(
                data(stack.newUser()),
                "{\"user_id\":\"" + child + "\"}",
                data(child, "{\"consent_type\":\"tutoring\"}"),
                data(child, "7"),
                data(child, state("x".repeat(51), true, guardian)),
                data(child, state("tutoring", true, guardian).replace("hash\":\"", "hash\":\"no hash")),
                data(child, state("tutoring", true, guardian).replace("2026-", "26-13")))) {
            topics.sendConsentState(child, 2, wrong);
        }
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertEquals(before + 8, deadLetters()));
        holds(child, "tutoring true 1");
        topics.sendConsentState(child, 3, data(child));
        holds(child);
    }

    /** What was sent before, to whatever partition, has been applied once this returns. */
    private void overtaken() {
        for (int i = 0; i < 30; i++) {
            UUID marker = UUID.randomUUID();
            topics.sendConsentState(marker, 1, data(marker, state("tutoring", true, guardian)));
            holds(marker, "tutoring true 1");
            topics.sendConsentState(marker, 2, null);
        }
    }

    private void holds(UUID user, String... states) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertEquals(List.of(states), states(user)));
    }

    private List<String> states(UUID user) {
        return stack
                .query(
                        "usage_owner",
                        "SELECT consent_type || ' ' || consent_given || ' ' || sequence AS state"
                                + " FROM consent_states WHERE user_id = ? ORDER BY consent_type",
                        user)
                .stream()
                .map(row -> row.get("state").toString())
                .toList();
    }

    private long deadLetters() {
        return stack.number("usage_owner", "SELECT count(*) FROM dead_letters WHERE topic = 'consent-events'");
    }

    private static ValidatableResponse read(UUID user, String email) {
        return given().auth()
                .oauth2(Tokens.guardian(email))
                .get("/v1/users/{user_id}/usage", user)
                .then();
    }

    private static String data(UUID user, String... states) {
        return "{\"user_id\":\"" + user + "\",\"states\":"
                + List.of(states).stream().collect(Collectors.joining(",", "[", "]}"));
    }

    private static String state(String type, boolean given, String email) {
        return """
                {"consent_type":"%s","consent_given":%s,"guardian_email_hash":"%s","decided_at":"2026-01-02T03:04:05Z"}""".formatted(type, given, Caller.emailHash(email));
    }
}
