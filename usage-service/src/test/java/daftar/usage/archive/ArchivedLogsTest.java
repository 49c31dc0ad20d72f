package daftar.usage.archive;

import static daftar.testkit.Problems.problem;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Questions that reach into the archive. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ArchivedLogsTest {

    private static final String PATH = "/v1/users/{user_id}/usage/logs";

    private final Stack stack = Stack.current();
    private final Rows rows = new Rows(stack);
    private final UUID user = stack.newUser();
    private final UUID another = stack.newUser();
    private final Archiver archiver;

    @Inject
    ArchivedLogsTest(Archiver archiver) {
        this.archiver = archiver;
    }

    @Test
    void withoutBeingAskedTheArchiveIsNotReadButNamed() {
        ArchivedMonth month = month("2016-01");
        month.used(user, 1, 1);
        month.list(user, "").body("archived_months", empty()).body("items.tokens_used", equalTo(List.of(1)));

        month.archive();

        month.list(user, "")
                .statusCode(200)
                .body("items", empty())
                .body("next_cursor", nullValue())
                .body("archived_months", equalTo(List.of("2016-01")));
        month.list(user, "&archive=true")
                .statusCode(200)
                .body("items.tokens_used", equalTo(List.of(1)))
                .body("items[0].timestamp", equalTo("2016-01-01T12:00:00.000001Z"))
                .body("items[0].cost_usd", equalTo("0.000250"))
                .body("items[0].metadata.model", equalTo("a"));
    }

    /** Rows of two users in several files, of two archived months and of one that is not. */
    @Test
    void pagesGoThroughLogAndArchiveInOneOrder() {
        List<Integer> expected = new ArrayList<>();
        for (int month = 2; month <= 4; month++) {
            ArchivedMonth each = month("2016-%02d".formatted(month));
            for (int day = 1; day <= 9; day++) {
                each.used(user, 100 * month + day, day);
                each.used(another, 1, day);
                expected.add(100 * month + day);
            }
        }
        month("2016-02").archive();
        month("2016-03").archive();
        Collections.reverse(expected);

        for (int limit : List.of(1, 4, 9, 500)) {
            List<Integer> listed = new ArrayList<>();
            String cursor = "";
            do {
                var page = RestAssured.given()
                        .auth()
                        .oauth2(Tokens.person(user))
                        .header("Daftar-Position", rows.position())
                        .get(
                                PATH + "?from=2016-02-01T00:00:00Z&to=2016-05-01T00:00:00Z&archive=true&limit=" + limit
                                        + cursor,
                                user)
                        .then()
                        .statusCode(200)
                        .body("archived_months", equalTo(List.of("2016-02", "2016-03")))
                        .extract();
                List<Integer> tokens = page.path("items.tokens_used");
                assertTrue(tokens.size() <= limit);
                listed.addAll(tokens);
                cursor = page.path("next_cursor") == null ? null : "&cursor=" + page.path("next_cursor");
            } while (cursor != null);
            assertEquals(expected, listed, "limit " + limit);
        }
    }

    @Test
    void rowsOfTheSameInstantAreListedOnceEach() {
        ArchivedMonth month = month("2016-05");
        IntStream.range(0, 7).forEach(i -> month.used(user, i, 1));
        month.archive();
        month.used(user, 7, 1);

        List<Integer> listed = month.listed(user, 2);

        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), listed.stream().sorted().toList());
    }

    @Test
    void rowsOutsideOfTheRangeAreNotListed() {
        ArchivedMonth month = month("2016-06");
        month.used(user, 1, 1);
        month.used(user, 2, 2);
        month.used(user, 3, 3);
        month.archive();

        RestAssured.given()
                .auth()
                .oauth2(Tokens.person(user))
                .get(PATH + "?from=2016-06-02T12:00:00.000001Z&to=2016-06-03T12:00:00.000001Z&archive=true", user)
                .then()
                .statusCode(200)
                .body("items.tokens_used", equalTo(List.of(2)));
    }

    /** As many months as a page does not read at once: it is cut short, and goes on where it was cut. */
    @Test
    void aPageIsBoundedInWhatItReads() {
        for (int month = 1; month <= 12; month++) {
            month("2014-%02d".formatted(month)).used(user, month, 1);
            month("2015-%02d".formatted(month)).used(user, 100 + month, 1);
        }
        for (int month = 1; month <= 12; month++) {
            month("2014-%02d".formatted(month)).archive();
            month("2015-%02d".formatted(month)).archive();
        }
        String range = "?from=2014-01-01T00:00:00Z&to=2016-01-01T00:00:00Z&archive=true&limit=100";
        var first = RestAssured.given()
                .auth()
                .oauth2(Tokens.person(user))
                .header("Daftar-Position", rows.position())
                .get(PATH + range, user)
                .then()
                .statusCode(200)
                .extract();
        assertEquals(12, first.<List<Integer>>path("items").size());
        RestAssured.given()
                .auth()
                .oauth2(Tokens.person(user))
                .get(PATH + range + "&cursor=" + first.path("next_cursor"), user)
                .then()
                .statusCode(200)
                .body("items.tokens_used", equalTo(List.of(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)))
                .body("next_cursor", nullValue());
    }

    @Test
    void whileTheStoreIsAwayTheCallerIsToldToComeAgain() {
        ArchivedMonth month = month("2016-07");
        month.used(user, 1, 1);
        month.archive();
        stack.s3().kill();
        try {
            month.list(user, "&archive=true").spec(problem(Problem.UNAVAILABLE));
            month.list(user, "").statusCode(200);
        } finally {
            stack.s3().start();
        }
        month.list(user, "&archive=true").body("items.tokens_used", equalTo(List.of(1)));
    }

    @Test
    void whatIsNeitherTrueNorFalseIsRefused() {
        int status = month("2016-08").list(user, "&archive=perhaps").extract().statusCode();

        assertTrue(status >= 400 && status < 500, () -> "status " + status);
    }

    private ArchivedMonth month(String month) {
        return new ArchivedMonth(stack, archiver, month);
    }
}
