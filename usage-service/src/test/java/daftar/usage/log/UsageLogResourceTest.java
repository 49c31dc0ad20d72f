package daftar.usage.log;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class UsageLogResourceTest {

    private static final String PATH = "/v1/users/{user_id}/usage/logs";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Rows rows = new Rows(stack);

    @Test
    void listsRowsNewestFirstPageByPageEvenOfTheSameInstant() {
        for (int i = 0; i < 5; i++) {
            rows.used(user, "tutor", i, "2026-01-02T00:00:00Z");
        }
        rows.used(user, "tutor", 100, "2026-01-03T00:00:00Z");

        List<Integer> tokens = new ArrayList<>();
        String cursor = "";
        do {
            var page = given().auth()
                    .oauth2(Tokens.person(user))
                    .header("Daftar-Position", rows.position())
                    .get(PATH + "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&limit=2" + cursor, user)
                    .then()
                    .statusCode(200)
                    .extract();
            tokens.addAll(page.path("items.tokens_used"));
            cursor = page.path("next_cursor") == null ? null : "&cursor=" + page.path("next_cursor");
        } while (cursor != null);

        assertEquals(100, tokens.get(0));
        assertEquals(List.of(0, 1, 2, 3, 4, 100), tokens.stream().sorted().toList());
    }

    @Test
    void showsARowWithAllItsFields() {
        rows.used(user, "tutor", 1, "2026-01-02T00:00:00.000001Z");

        given().auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", rows.position())
                .get(PATH + "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", user)
                .then()
                .statusCode(200)
                .body("items[0].timestamp", equalTo("2026-01-02T00:00:00.000001Z"))
                .body("items[0].cost_usd", equalTo("0.000250"))
                .body("items[0].metadata.model", equalTo("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=501", "limit=x", "cursor=x", "cursor=AAAA"})
    void refusesAPageThatCannotBe(String query) {
        int status = given().auth()
                .oauth2(Tokens.person(user))
                .get(PATH + "?" + query, user)
                .then()
                .contentType("application/problem+json")
                .extract()
                .statusCode();

        assertTrue(status >= 400 && status < 500, () -> "status " + status);
    }

    /** The ends of the times that a row can have; beyond them PostgreSQL would refuse what Java can write. */
    @ParameterizedTest
    @CsvSource({
        "1970-01-01T00:00:00Z, 200",
        "9999-12-31T23:59:59.999999999Z, 200",
        "1969-12-31T23:59:59Z, 400",
        "+1000000000-12-31T23:59:59Z, 400"
    })
    void takesAMadeUpCursorOfATimeThatARowCanHave(Instant time, int status) {
        String madeUp = new daftar.kit.page.Page.Cursor(time, user).toString();

        given().auth()
                .oauth2(Tokens.person(user))
                .get(PATH + "?cursor=" + madeUp, user)
                .then()
                .statusCode(status);
    }
}
