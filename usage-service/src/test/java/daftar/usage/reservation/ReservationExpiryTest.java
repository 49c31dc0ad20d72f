package daftar.usage.reservation;

import static daftar.testkit.Problems.problem;
import static daftar.usage.reservation.ReservationApi.reserve;
import static daftar.usage.reservation.ReservationApi.reserved;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.usage.Subscriptions;
import daftar.usage.UsageTopic;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class ReservationExpiryTest {

    private final Stack stack = Stack.current();
    private final Subscriptions subscriptions = new Subscriptions(stack);
    private final ReservationExpiry expiry;

    @Inject
    ReservationExpiryTest(ReservationExpiry expiry) {
        this.expiry = expiry;
    }

    @Test
    void givesBackWhatNobodySettledInTime() {
        UUID user = subscriptions.newUser(100, 0);
        UUID id = reserved(user, 100, 1);
        reserve(user, 1, 60).spec(problem(Problem.QUOTA_EXCEEDED));

        awaitState(id, "expired");

        reserved(user, 100, 60);
    }

    @Test
    void usageThatComesTooLateIsCountedOnceWhicheverWayItComes() {
        UUID user = subscriptions.newUser(1_000, 0);
        UUID first = reserved(user, 100, 1);
        UUID second = reserved(user, 100, 1);
        awaitState(first, "expired");
        awaitState(second, "expired");

        try (UsageTopic topic = new UsageTopic(stack)) {
            UUID event = UUID.randomUUID();
            topic.send(List.of(UsageTopic.event(event, user, 30, first), UsageTopic.event(event, user, 30, first)));
        }
        ReservationApi.settle(user, second, "{\"tokens_used\":40}").statusCode(200);

        subscriptions.awaitTokens(user, 70, 0);
        awaitState(first, "settled");
        awaitState(second, "settled");
    }

    /** Holds expire while their usage comes in: each gives back what it held once. */
    @Test
    void isExactWhileUsageComesIn() {
        UUID user = subscriptions.newUser(1_000_000, 0);
        List<UUID> holds =
                IntStream.range(0, 150).mapToObj(i -> reserved(user, 10, 600)).toList();
        CompletableFuture<Void> counting = CompletableFuture.runAsync(() -> {
            try (UsageTopic topic = new UsageTopic(stack)) {
                holds.forEach(hold -> topic.send(List.of(UsageTopic.event(UUID.randomUUID(), user, 3, hold))));
            }
        });
        do {
            stack.execute("usage_owner", """
                    UPDATE usage_reservations SET expires_at = created_at WHERE id IN (
                        SELECT id FROM usage_reservations WHERE user_id = ? AND state = 'held'
                        ORDER BY created_at DESC LIMIT 5 FOR UPDATE)""", user);
            expiry.expire(Instant.now()).await().atMost(Duration.ofSeconds(20));
        } while (!counting.isDone());
        counting.join();

        subscriptions.awaitTokens(user, 450, 0);
    }

    private void awaitState(UUID id, String state) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertEquals(
                        state,
                        stack.query("usage_owner", "SELECT state FROM usage_reservations WHERE id = ?", id)
                                .get(0)
                                .get("state")));
    }
}
