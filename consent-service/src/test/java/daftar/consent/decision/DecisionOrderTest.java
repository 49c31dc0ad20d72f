package daftar.consent.decision;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds is never a matter of luck. */
@QuarkusTest
@WithTestResource(TestStack.class)
class DecisionOrderTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();

    @Test
    void decisionsOfTheSameMomentGetTimesOfTheirOwn() throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(10);
        try {
            List<Future<?>> all = IntStream.range(0, 30)
                    .<Future<?>>mapToObj(i -> threads.submit(() -> Consents.record(user, "tutoring", i % 2 == 0)))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(
                30,
                stack.number(
                        "consent_owner",
                        "SELECT count(DISTINCT consent_timestamp) FROM guardian_consents WHERE user_id = ?",
                        user));
    }

    @Test
    void aWithdrawalHoldsThoughTheClockOfAnotherInstanceRanAhead() {
        stack.execute(
                "consent_owner",
                "INSERT INTO guardian_consents (user_id, guardian_email, consent_type, consent_given, "
                        + "consent_timestamp, legal_text_hash) "
                        + "VALUES (?, ?, 'tutoring', true, (now() AT TIME ZONE 'UTC') + interval '1 hour', ?)",
                user,
                Consents.GUARDIAN,
                Consents.HASH);
        Response withdrawn = Consents.record(user, "tutoring", false);

        current(withdrawn)
                .then()
                .body("consents.id", contains(withdrawn.<String>path("id")))
                .body("consents[0].consent_given", equalTo(false));
    }

    @Test
    void ofTwoRowsOfTheSameMicrosecondTheGreaterIdHolds() {
        for (String id : List.of("f", "1", "8")) {
            stack.execute(
                    "consent_owner",
                    "INSERT INTO guardian_consents (id, user_id, guardian_email, consent_type, consent_given, "
                            + "consent_timestamp, legal_text_hash) "
                            + "VALUES (?, ?, ?, 'tutoring', ?, '2026-01-01 00:00:00.000001', ?)",
                    UUID.fromString(id + user.toString().substring(1)),
                    user,
                    Consents.GUARDIAN,
                    id.equals("f"),
                    Consents.HASH);
        }
        Response other = Consents.record(user, "marketing", true);
        current(other)
                .then()
                .body("consents", hasSize(2))
                .body("consents[1].id", equalTo("f" + user.toString().substring(1)))
                .body("consents[1].consent_given", equalTo(true));
    }

    private Response current(Response after) {
        return given().auth()
                .oauth2(Tokens.service("consents:read"))
                .header("Daftar-Position", after.header("Daftar-Position"))
                .get(Consents.PATH, user);
    }
}
