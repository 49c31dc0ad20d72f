package daftar.usage.quota;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Subscriptions;
import daftar.usage.UsageTopic;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A subscription is heard of after usage of its period was counted, or while it is. */
@QuarkusTest
@WithTestResource(TestStack.class)
class BalanceCompletionTest {

    private static final String DIFFERENT = """
            SELECT count(*)
            FROM usage_balances AS b
            WHERE b.user_id = ?
              AND b.period_end = ?::timestamptz
              AND b.used_tokens <> (
                  SELECT coalesce(sum(l.tokens_used), 0) FROM usage_logs AS l
                  WHERE l.user_id = b.user_id AND l."timestamp" >= b.period_start AT TIME ZONE 'UTC')""";

    private final Stack stack = Stack.current();
    private final Subscriptions subscriptions = new Subscriptions(stack);
    private final UUID user = stack.newUser();

    @Test
    void beginsWithWhatWasCountedOfThePeriod() {
        try (UsageTopic topic = new UsageTopic(stack)) {
            topic.used(user, 100);
            topic.used(user, 23);
        }
        rolledUp(123);
        // of before the period, in its first and its last minute, and after it
        rollup(user, "2025-01-01 21:59", 1_000);
        rollup(user, "2025-01-01 22:00", 2_000);
        rollup(user, "2100-01-01 20:59", 4_000);
        rollup(user, "2100-01-01 21:00", 8_000);

        subscriptions.started(user, UUID.randomUUID(), 1, 1_000_000, 0);

        subscriptions.awaitTokens(user, 6_123, 0);
    }

    /**
     * A statement has its locks and its snapshot, in which there is no balance, and no transaction id yet: what it will
     * write is in no snapshot, and what it writes goes to no balance. Until it is over nothing can be reserved.
     */
    @Test
    void waitsForAStatementThatBeganBeforeTheBalanceWasThere() throws SQLException {
        try (Connection counting = stack.connect("usage_app")) {
            counting.setAutoCommit(false);
            try (Statement statement = counting.createStatement()) {
                statement.execute("LOCK TABLE usage_rollups IN ROW EXCLUSIVE MODE");
            }
            subscriptions.started(user, UUID.randomUUID(), 1, 1_000, 0);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> given().auth()
                            .oauth2(Tokens.service("usage:write"))
                            .contentType("application/json")
                            .body("{\"tokens\":1,\"ttl_seconds\":60}")
                            .post("/v1/users/{user_id}/reservations", user)
                            .then()
                            .spec(problem(Problem.UNAVAILABLE)));
            assertFalse(complete());

            try (PreparedStatement statement = counting.prepareStatement("""
                    INSERT INTO usage_rollups
                    SELECT ?, l, date_trunc(u, timestamp '2026-01-05 10:00'), 'tutor', 1, 77, 0, 0
                    FROM (VALUES (1, 'minute'), (60, 'hour'), (1440, 'day')) AS v (l, u)""")) {
                statement.setObject(1, user);
                statement.execute();
            }
            assertFalse(complete());
            counting.commit();
        }

        subscriptions.complete(user);
        subscriptions.awaitTokens(user, 77, 0);
    }

    @Test
    void isExactWhileUsageGoesOn() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<UUID> users = IntStream.range(0, 40).mapToObj(i -> stack.newUser()).toList();
        CompletableFuture<Void> counting = CompletableFuture.runAsync(() -> {
            try (UsageTopic topic = new UsageTopic(stack)) {
                for (int round = 0; round < 30; round++) {
                    topic.send(users.stream()
                            .map(one -> UsageTopic.event(UUID.randomUUID(), one, 1 + random.nextInt(100), null))
                            .toList());
                }
            }
        });
        users.forEach(one -> subscriptions.started(one, UUID.randomUUID(), 1, 1_000_000, 0));
        counting.join();
        users.forEach(subscriptions::complete);

        for (UUID one : users) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> stack.number("usage_owner", "SELECT count(*) FROM usage_logs WHERE user_id = ?", one)
                            == 30);
            assertEquals(0, stack.number("usage_owner", DIFFERENT, one, Subscriptions.END.toString()), one::toString);
        }
    }

    private boolean complete() {
        return stack.number("usage_owner", "SELECT count(*) FROM usage_balances WHERE user_id = ? AND complete", user)
                > 0;
    }

    private void rolledUp(int tokens) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> stack.number(
                                "usage_owner",
                                "SELECT coalesce(sum(tokens_used), 0) FROM usage_rollups"
                                        + " WHERE user_id = ? AND bucket_minutes = 1440",
                                user)
                        == tokens);
    }

    private void rollup(UUID of, String minute, int tokens) {
        stack.execute("usage_owner", """
                INSERT INTO usage_rollups AS r
                SELECT ?, l, date_trunc(u, ?::timestamp), 'tutor', 1, ?, 0, 0
                FROM (VALUES (1, 'minute'), (60, 'hour'), (1440, 'day')) AS v (l, u)
                ON CONFLICT (user_id, bucket_minutes, bucket_start, service_name)
                DO UPDATE SET tokens_used = r.tokens_used + excluded.tokens_used""", of, minute, tokens);
    }
}
