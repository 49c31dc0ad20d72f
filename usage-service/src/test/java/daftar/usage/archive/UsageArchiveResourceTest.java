package daftar.usage.archive;

import static daftar.testkit.Problems.problem;
import static daftar.testkit.Problems.problemAt;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators ask of the archive. */
@QuarkusTest
@WithTestResource(TestStack.class)
class UsageArchiveResourceTest {

    private static final String PATH = "/v1/usage-archives";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Archiver archiver;
    private final Clock clock;
    private final ArchiveMeters meters;

    @Inject
    UsageArchiveResourceTest(Archiver archiver, Clock clock, ArchiveMeters meters) {
        this.archiver = archiver;
        this.clock = clock;
        this.meters = meters;
    }

    @Test
    void aRunGoesOnByItselfAndTheListTellsItsEnd() {
        ArchivedMonth month = month("2011-01");
        month.used(user, 7, 1);
        month.used(user, 8, 2);

        run("2011-01").statusCode(202).body("started", equalTo(true));

        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertEquals(List.of("1 dropped 1"), month.parts()));
        administrator()
                .get(PATH + "?limit=500")
                .then()
                .statusCode(200)
                .body("items.find { it.month == '2011-01' }.state", equalTo("dropped"))
                .body("items.find { it.month == '2011-01' }.rows", equalTo(2))
                .body("items.find { it.month == '2011-01' }.tokens_used", equalTo(15))
                .body("items.find { it.month == '2011-01' }.speech_seconds", equalTo(4))
                .body("items.find { it.month == '2011-01' }.cost_usd", equalTo("0.000500"))
                .body("items.find { it.month == '2011-01' }.earliest", equalTo("2011-01-01T12:00:00.000001Z"))
                .body("items.find { it.month == '2011-01' }.latest", equalTo("2011-01-02T12:00:00.000001Z"));
    }

    @Test
    void theListIsPaged() {
        for (int i = 2; i <= 4; i++) {
            ArchivedMonth month = month("2011-%02d".formatted(i));
            month.used(user, 1, 1);
            month.archive();
        }
        List<String> parts = new ArrayList<>();
        String cursor = "";
        do {
            var page = administrator()
                    .get(PATH + "?limit=2" + cursor)
                    .then()
                    .statusCode(200)
                    .extract();
            List<String> months = page.path("items.month");
            List<Integer> numbers = page.path("items.part");
            for (int i = 0; i < months.size(); i++) {
                parts.add(months.get(i) + " " + numbers.get(i));
            }
            cursor = page.path("next_cursor") == null ? null : "&cursor=" + page.path("next_cursor");
        } while (cursor != null);
        assertTrue(parts.containsAll(List.of("2011-04 1", "2011-03 1", "2011-02 1")), parts::toString);
        assertEquals(
                parts.stream()
                        .distinct()
                        .sorted(java.util.Comparator.reverseOrder())
                        .toList(),
                parts);
    }

    /** Thirteen months after its end a month is due, and not a day before. */
    @Test
    void aMonthThatIsNotDueStays() {
        YearMonth young =
                YearMonth.from(clock.instant().atOffset(ZoneOffset.UTC)).minusMonths(13);
        new Rows(stack).used(user, "tutor", 1, young + "-03T00:00:00Z");
        ArchivedMonth month = month(young.toString());

        month.archive();

        assertEquals(List.of(), month.parts());
    }

    @Test
    void rollupsOfAnArchivedMonthAreNotRepairedAway() {
        ArchivedMonth month = month("2011-06");
        month.used(user, 7, 1);
        month.archive();
        month.used(user, 1, 1); // late: its partition is there again, and holds this row alone

        administrator()
                .contentType("application/json")
                .body("{\"from_day\":\"2011-06-01\",\"to_day\":\"2011-07-01\"}")
                .post("/v1/usage-rollup-repairs")
                .then()
                .statusCode(200)
                .body("buckets_repaired", equalTo(0));

        assertEquals(8, month.counted(user));
    }

    @Test
    void restoredRowsCountNowhereAndCanBeDeletedAgain() {
        ArchivedMonth month = month("2011-07");
        month.used(user, 7, 1);
        month.archive();

        month.restore().statusCode(200).body("parts", equalTo(1)).body("rows", equalTo(1));
        month.restore().statusCode(200).body("rows", equalTo(1));
        assertEquals(1, month.restored().size());
        assertEquals(List.of(7), month.listed(user, 10));
        assertEquals(7, month.counted(user));

        administrator().delete(PATH + "/2011-07/restorations").then().statusCode(204);
        assertEquals(List.of(), month.restored());
        assertEquals(List.of(7), month.listed(user, 10));
    }

    @Test
    void aMonthOfWhichNothingIsArchivedCannotBeRestored() {
        administrator().post(PATH + "/2001-01/restorations").then().spec(problem(Problem.NOT_FOUND));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2011-13", "1999-12", "2200-01", "2011", "x", "-1-01", "+999999999-12"})
    void whatIsNoMonthIsRefused(String month) {
        run(month).spec(problemAt(Problem.INVALID_INPUT, "/month"));
        administrator()
                .post(PATH + "/{month}/restorations", month)
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/month"));
        administrator()
                .delete(PATH + "/{month}/restorations", month)
                .then()
                .spec(problemAt(Problem.INVALID_INPUT, "/month"));
    }

    @Test
    void isForAdministratorsAndTheListForSupportToo() {
        RequestSpecification support = given().auth().oauth2(Tokens.staff("support"));
        support.get(PATH).then().statusCode(200);
        support.contentType("application/json").body("{}").post(PATH).then().spec(problem(Problem.FORBIDDEN));
        support.post(PATH + "/2011-01/restorations").then().spec(problem(Problem.FORBIDDEN));
        given().auth().oauth2(Tokens.person(user)).get(PATH).then().spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void theMetersTellPartsByStateAndHowLongAMonthIsOverdue() {
        ArchivedMonth month = month("2010-01");
        month.used(user, 1, 1);
        meters.look().await().atMost(Duration.ofSeconds(30));
        assertTrue(metric("daftar_usage_archive_overdue_days") > 365);
        double dropped = metric("daftar_usage_archive_parts{state=\"dropped\"}");

        month.archive();

        meters.look().await().atMost(Duration.ofSeconds(30));
        assertEquals(dropped + 1, metric("daftar_usage_archive_parts{state=\"dropped\"}"));
    }

    private double metric(String name) {
        String text = given().get("http://127.0.0.1:" + stack.managementPort() + "/q/metrics")
                .asString();
        return text.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private ArchivedMonth month(String month) {
        return new ArchivedMonth(stack, archiver, month);
    }

    private static RequestSpecification administrator() {
        return given().auth().oauth2(Tokens.staff("administrator"));
    }

    private static ValidatableResponse run(String month) {
        return administrator()
                .contentType("application/json")
                .body("{\"month\":\"" + month + "\"}")
                .post(PATH)
                .then();
    }
}
