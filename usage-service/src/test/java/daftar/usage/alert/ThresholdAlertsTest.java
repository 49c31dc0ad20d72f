package daftar.usage.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.usage.Subscriptions;
import daftar.usage.UsageTopic;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Alerts at 50, 80 and 100 percent of what is included, each once. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ThresholdAlertsTest {

    private final Stack stack = Stack.current();
    private final Subscriptions subscriptions = new Subscriptions(stack);
    private final MeterRegistry meters;

    @Inject
    ThresholdAlertsTest(MeterRegistry meters) {
        this.meters = meters;
    }

    @Test
    void eachThresholdIsToldWhenItIsReachedAndNotBefore() {
        double before = meters.counter(ThresholdAlerts.ALERTS).count();
        UUID user = subscriptions.newUser(1_000, 0);
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.used(user, 499);
            subscriptions.awaitTokens(user, 499, 0);
            topic.used(user, 1);
            List<JsonNode> first = Published.events(stack, ThresholdAlerts.TOPIC, user, 1);
            assertEquals(List.of(50), percents(first));
            assertEquals("tokens", first.get(0).path("meter").asText());
            assertEquals(500, first.get(0).path("used").asLong());
            assertEquals(1_000, first.get(0).path("included").asLong());
            assertEquals(
                    Subscriptions.END.toString(),
                    first.get(0).path("period_end").asText());
            topic.used(user, 600);
        }

        assertEquals(List.of(50, 80, 100), percents(Published.events(stack, ThresholdAlerts.TOPIC, user, 3)));
        assertEquals(true, meters.counter(ThresholdAlerts.ALERTS).count() >= before + 3);
    }

    /** Every event several times, on all partitions, the thresholds crossed in one batch or in many. */
    @Test
    void isToldOnceUnderDuplicatesAndConcurrency() {
        List<UUID> users = IntStream.range(0, 10)
                .mapToObj(i -> subscriptions.newUser(100, 0))
                .toList();
        try (UsageTopic topic = new UsageTopic(stack)) {
            for (int round = 0; round < 30; round++) {
                topic.send(users.stream()
                        .flatMap(user -> {
                            var event = UsageTopic.event(UUID.randomUUID(), user, 4, null);
                            return IntStream.range(0, 3).mapToObj(copy -> event);
                        })
                        .toList());
            }
        }
        users.forEach(user -> subscriptions.awaitTokens(user, 120, 0));
        everythingIsPublished();

        users.forEach(user ->
                assertEquals(List.of(50, 80, 100), percents(Published.events(stack, ThresholdAlerts.TOPIC, user, 3))));
    }

    @Test
    void isNotToldAgainWhenTheBalanceFallsAndRisesAgain() {
        UUID user = subscriptions.newUser(100, 0);
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.used(user, 60);
            Published.events(stack, ThresholdAlerts.TOPIC, user, 1);
            stack.execute("usage_owner", "UPDATE usage_balances SET used_tokens = 10 WHERE user_id = ?", user);
            topic.used(user, 80);
            List<JsonNode> alerts = Published.events(stack, ThresholdAlerts.TOPIC, user, 2);
            assertEquals(List.of(50, 80), percents(alerts));
        }
    }

    /** The allowance is heard of when more than half of it is used; it becomes smaller; the other meter has its own. */
    @Test
    void isToldOfUsageThatCameBeforeTheAllowanceAndOfAnAllowanceThatBecomesSmaller() {
        UUID user = stack.newUser();
        UUID subscription = UUID.randomUUID();
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.used(user, 60);
        }
        org.awaitility.Awaitility.await()
                .until(() ->
                        stack.number("usage_owner", "SELECT count(*) FROM usage_logs WHERE user_id = ?", user) == 1);
        subscriptions.started(user, subscription, 1, 100, 10);
        assertEquals(List.of(50), percents(Published.events(stack, ThresholdAlerts.TOPIC, user, 1)));

        subscriptions.started(user, subscription, 2, 70, 10);
        assertEquals(List.of(50, 80), percents(Published.events(stack, ThresholdAlerts.TOPIC, user, 2)));
    }

    /** As after a crash between the crossing and its event. */
    @Test
    void whatWasFoundAndNotPublishedIsPublishedLater() {
        UUID user = stack.newUser();
        stack.execute("usage_owner", """
                INSERT INTO usage_alerts (user_id, period_end, subscription_id, meter, threshold_percent, period_start,
                                          used, included)
                VALUES (?, '2026-02-01', ?, 'speech_seconds', 80, '2026-01-01', 85, 100)""", user, user);

        List<JsonNode> alerts = Published.events(stack, ThresholdAlerts.TOPIC, user, 1);

        assertEquals("speech_seconds", alerts.get(0).path("meter").asText());
        everythingIsPublished();
        assertEquals(1, Published.events(stack, ThresholdAlerts.TOPIC, user, 1).size());
    }

    private void everythingIsPublished() {
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofSeconds(30))
                .until(() -> stack.number("usage_owner", "SELECT count(*) FROM usage_alerts WHERE published_at IS NULL")
                                + stack.number("usage_owner", "SELECT count(*) FROM outbox")
                        == 0);
    }

    private static List<Integer> percents(List<JsonNode> alerts) {
        return alerts.stream()
                .map(alert -> alert.path("threshold_percent").asInt())
                .toList();
    }
}
