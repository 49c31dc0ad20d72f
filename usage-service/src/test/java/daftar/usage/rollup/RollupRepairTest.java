package daftar.usage.rollup;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.LocalDate;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Days of years that no other test uses: a repair looks at all users. */
@QuarkusTest
@WithTestResource(TestStack.class)
class RollupRepairTest {

    private static final String DIFFERENT = """
            SELECT count(*) FROM (
                SELECT bucket_minutes, sum(events), sum(tokens_used), sum(speech_seconds), sum(cost_usd)
                FROM usage_rollups WHERE user_id = ? GROUP BY 1
                EXCEPT
                SELECT m, count(*), sum(tokens_used), sum(speech_seconds), sum(cost_usd)
                FROM usage_logs, unnest('{1,60,1440}'::int[]) AS m WHERE user_id = ? GROUP BY 1
            ) AS d""";

    private final Stack stack = Stack.current();
    private final Rows rows = new Rows(stack);
    private final UUID user = stack.newUser();
    private final RollupRepair repair;

    @Inject
    RollupRepairTest(RollupRepair repair) {
        this.repair = repair;
    }

    @Test
    void findsNothingWhereTheRollupsEqualTheRows() {
        rows.used(user, "tutor", 1, "2022-03-01T00:00:00Z");
        rows.used(user, "chat", 2, "2022-03-02T23:59:59.999999Z");

        repair("2022-03-01", "2022-04-01")
                .statusCode(200)
                .body("days", equalTo(31))
                .body("buckets_repaired", equalTo(0));
    }

    @Test
    void makesThemAnewFromTheRowsAfterWhatHandsHaveDone() {
        for (int hour = 0; hour < 24; hour++) {
            rows.used(user, hour % 2 == 0 ? "tutor" : "chat", hour, "2022-05-03T%02d:30:00Z".formatted(hour));
        }
        stack.execute("usage_owner", "DELETE FROM usage_rollups WHERE user_id = ? AND bucket_minutes = 60", user);
        stack.execute(
                "usage_owner",
                "UPDATE usage_rollups SET tokens_used = tokens_used + 5 WHERE user_id = ? AND bucket_minutes = 1440",
                user);
        stack.execute(
                "usage_owner",
                "INSERT INTO usage_rollups VALUES (?, 1, '2022-05-03 00:01', 'made up', 1, 1, 1, 1)",
                user);

        repair("2022-05-03", "2022-05-04").body("buckets_repaired", equalTo(24 + 2 + 1));

        assertEquals(0, stack.number("usage_owner", DIFFERENT, user, user));
        assertEquals(
                0,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM usage_rollups WHERE user_id = ? AND service_name = 'made up'",
                        user));
        repair("2022-05-03", "2022-05-04").body("buckets_repaired", equalTo(0));
    }

    @Test
    void addsUpWhatWasWrittenBeforeThereWereRollups() {
        rows.used(user, "tutor", 1, "2022-06-01T12:00:00Z");
        stack.execute("usage_owner", "DELETE FROM usage_rollups WHERE user_id = ?", user);

        repair("2022-06-01", "2022-06-02").body("buckets_repaired", equalTo(3));

        assertEquals(0, stack.number("usage_owner", DIFFERENT, user, user));
    }

    /** Rows plus corrections are the roll-ups: nothing to repair where both are added up, and both are made anew. */
    @Test
    void countsCorrectionsAsItCountsRows() {
        rows.used(user, "tutor", 10, "2022-07-01T12:00:00Z");
        rows.used(user, "chat", 7, "2022-07-01T13:00:00Z");
        correct("tutor", "void", "");
        correct("chat", "adjust", ",\"tokens_used\":-3");

        repair("2022-07-01", "2022-07-02").body("buckets_repaired", equalTo(0));
        stack.execute("usage_owner", "DELETE FROM usage_rollups WHERE user_id = ?", user);
        repair("2022-07-01", "2022-07-02").body("buckets_repaired", equalTo(3));

        assertEquals(
                4,
                stack.number(
                        "usage_owner",
                        "SELECT tokens_used FROM usage_rollups WHERE user_id = ? AND bucket_minutes = 1440 AND events = 1",
                        user));
        repair("2022-07-01", "2022-07-02").body("buckets_repaired", equalTo(0));
    }

    private void correct(String service, String kind, String amounts) {
        Object event = stack.query(
                        "usage_owner",
                        "SELECT id FROM usage_logs WHERE user_id = ? AND service_name = ?",
                        user,
                        service)
                .get(0)
                .get("id");
        given().auth()
                .oauth2(Tokens.staff("support"))
                .contentType("application/json")
                .body("{\"event_id\":\"" + event + "\",\"kind\":\"" + kind + "\",\"reason\":\"x\"" + amounts + "}")
                .post("/v1/users/{user_id}/usage/corrections", user)
                .then()
                .statusCode(201);
    }

    /** What is written while a repair runs is neither lost nor added twice, and nobody waits for its end. */
    @Test
    void isExactWhileUsageGoesOn() {
        rows.used(user, "tutor", 1, "2022-08-01T12:00:00Z");
        stack.execute("usage_owner", "DELETE FROM usage_rollups WHERE user_id = ?", user);
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 200; i++) {
                rows.used(user, "tutor", i, "2022-08-01T12:00:%02dZ".formatted(i % 60));
            }
        });

        do {
            repair.repair(LocalDate.of(2022, 8, 1), LocalDate.of(2022, 8, 2))
                    .await()
                    .atMost(Duration.ofSeconds(20));
        } while (!writing.isDone());
        writing.join();

        assertEquals(0, stack.number("usage_owner", DIFFERENT, user, user));
        assertEquals(
                201,
                stack.number(
                        "usage_owner",
                        "SELECT events FROM usage_rollups WHERE user_id = ? AND bucket_minutes = 1440",
                        user));
    }

    @Test
    void leavesDaysAloneWhoseRowsHaveLeftTheDatabase() {
        rows.used(user, "tutor", 7, "2021-02-01T12:00:00Z");
        stack.execute("usage_owner", "ALTER TABLE usage_logs DETACH PARTITION usage_logs_y2021m02");
        stack.execute("usage_owner", "DROP TABLE usage_logs_y2021m02");

        repair("2021-02-01", "2021-02-02").body("buckets_repaired", equalTo(0));

        assertEquals(
                7,
                stack.number(
                        "usage_owner",
                        "SELECT tokens_used FROM usage_rollups WHERE user_id = ? AND bucket_minutes = 1440",
                        user));
    }

    @ParameterizedTest
    @CsvSource({
        "2022-01-02, 2022-01-02, to_day",
        "2022-01-02, 2022-01-01, to_day",
        "2022-01-01, 2022-02-02, to_day",
        "1999-12-31, 2000-01-02, from_day",
        "2199-12-31, 2200-01-02, from_day"
    })
    void refusesDaysThatCannotBe(String from, String to, String name) {
        repair(from, to).spec(problemAt(Problem.INVALID_INPUT, "/" + name));
    }

    @Test
    void isForAdministratorsAlone() {
        given().auth()
                .oauth2(Tokens.staff("support"))
                .contentType("application/json")
                .body("{\"from_day\":\"2022-01-01\",\"to_day\":\"2022-01-02\"}")
                .post("/v1/usage-rollup-repairs")
                .then()
                .spec(problem(Problem.FORBIDDEN));
    }

    private static ValidatableResponse repair(String from, String to) {
        return given().auth()
                .oauth2(Tokens.staff("administrator"))
                .contentType("application/json")
                .body("{\"from_day\":\"" + from + "\",\"to_day\":\"" + to + "\"}")
                .post("/v1/usage-rollup-repairs")
                .then();
    }
}
