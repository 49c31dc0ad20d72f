package daftar.usage;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;

import daftar.testkit.Stack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.restassured.response.ValidatableResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.awaitility.Awaitility;

/** Subscriptions as billing tells of them, and the balances that come of it. */
public final class Subscriptions {

    /** The present period's first instant; the period is long, so that all of a test lies in it. */
    public static final Instant START = Instant.parse("2025-01-01T22:00:00Z");

    public static final Instant END = Instant.parse("2100-01-01T21:00:00Z");
    public static final Instant NEXT_END = Instant.parse("2101-01-01T22:00:00Z");

    private final Stack stack;

    public Subscriptions(Stack stack) {
        this.stack = stack;
    }

    /** Sends that an active subscription to {@code basic} includes this in its present period. */
    public void started(UUID user, UUID subscription, long sequence, long tokens, long speechSeconds) {
        send(user, sequence, data(user, subscription, "started", tokens, speechSeconds));
    }

    /** A new user with a balance that is complete. */
    public UUID newUser(long tokens, long speechSeconds) {
        UUID user = stack.newUser();
        started(user, UUID.randomUUID(), 1, tokens, speechSeconds);
        complete(user);
        return user;
    }

    /** Sends the event as it is. */
    public void send(UUID user, long sequence, String data) {
        try (Topics topics = new Topics(stack)) {
            topics.sendState("subscription-events", "daftar.billing.subscription-changed.v1", user, sequence, data);
        }
    }

    public static String data(UUID user, UUID subscription, String change, long tokens, long speechSeconds) {
        return """
                {"subscription_id":"%s","user_id":"%s","change":"%s","plan_name":"basic","status":"active",
                 "billing_cycle":"monthly","period_start":"%s","period_end":"%s","next_period_end":"%s",
                 "included_tokens":%d,"included_speech_seconds":%d,"ends_at":null,"canceled_at":null}""".formatted(subscription, user, change, START, END, NEXT_END, tokens, speechSeconds);
    }

    /** Waits until the user's present balance is there and has all that was used. */
    public void complete(UUID user) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> stack.number(
                                "usage_owner",
                                "SELECT count(*) FROM usage_balances WHERE user_id = ? AND complete",
                                user)
                        > 0);
    }

    /** One of the sums of the user's present balance, in the primary. */
    public long balance(UUID user, String column) {
        return stack.number(
                "usage_owner",
                "SELECT " + column + " FROM usage_balances WHERE user_id = ? AND period_end = ?::timestamptz",
                user,
                END.toString());
    }

    /** The balance as the user reads it. */
    public ValidatableResponse read(UUID user) {
        return given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", new Rows(stack).position())
                .get("/v1/users/{user_id}/balance", user)
                .then();
    }

    /** Waits until the user reads this balance of tokens. */
    public void awaitTokens(UUID user, long used, long reserved) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> read(user)
                        .statusCode(200)
                        .body("used_tokens", equalTo((int) used))
                        .body("reserved_tokens", equalTo((int) reserved)));
    }
}
