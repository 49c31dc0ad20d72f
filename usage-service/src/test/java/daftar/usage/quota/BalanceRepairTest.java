package daftar.usage.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.usage.Subscriptions;
import daftar.usage.UsageTopic;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class BalanceRepairTest {

    private final Stack stack = Stack.current();
    private final Subscriptions subscriptions = new Subscriptions(stack);
    private final BalanceRepair repair;
    private final MeterRegistry meters;

    @Inject
    BalanceRepairTest(BalanceRepair repair, MeterRegistry meters) {
        this.repair = repair;
        this.meters = meters;
    }

    /** As after a release without balances, or hands in the tables. */
    @Test
    void makesEqualToTheRollupsAndTheReservationsWhatIsNotAndCountsIt() {
        UUID user = subscriptions.newUser(1_000, 0);
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.used(user, 400);
        }
        subscriptions.awaitTokens(user, 400, 0);
        repair();
        stack.execute(
                "usage_owner",
                "UPDATE usage_balances SET used_tokens = used_tokens - 250, reserved_tokens = 3 WHERE user_id = ?"
                        + " AND period_end = ?::timestamptz",
                user,
                Subscriptions.END.toString());
        double before = meters.counter(BalanceRepair.REPAIRED).count();

        assertEquals(1, repair());

        assertEquals(400, subscriptions.balance(user, "used_tokens"));
        assertEquals(0, subscriptions.balance(user, "reserved_tokens"));
        assertEquals(before + 1, meters.counter(BalanceRepair.REPAIRED).count());
        assertEquals(0, repair());
    }

    /** What is counted while a repair runs is neither lost nor added twice. */
    @Test
    void isExactWhileUsageGoesOn() {
        UUID user = subscriptions.newUser(1_000_000, 0);
        stack.execute("usage_owner", "UPDATE usage_balances SET used_tokens = -7 WHERE user_id = ?", user);
        CompletableFuture<Void> counting = CompletableFuture.runAsync(() -> {
            try (UsageTopic topic = new UsageTopic(stack)) {
                for (int i = 0; i < 200; i++) {
                    topic.used(user, 10);
                }
            }
        });
        long repaired = 0;
        do {
            repaired += repair();
        } while (!counting.isDone());
        counting.join();

        subscriptions.awaitTokens(user, 2_000, 0);
        assertTrue(repaired >= 1);
        assertEquals(0, repair());
    }

    private long repair() {
        return repair.repair().await().atMost(Duration.ofSeconds(30));
    }
}
