package daftar.acceptance;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.acceptance.UsageOracle.Amount;
import daftar.acceptance.UsageOracle.Use;
import io.restassured.http.ContentType;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is put right after it has counted is put right in usage's book and in billing's alike. */
class CorrectedBooksTest {

    /** Billing's, whose days its totals are of. */
    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");

    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static LocalSystem system;
    private static UUID user;

    @BeforeAll
    static void everythingIsUp() {
        system = new LocalSystem();
        LocalSystem.Outcome up = system.up("--detach", "--services", "identity,billing,usage");
        assertEquals(0, up.exitCode(), up.output());
        user = UUID.fromString(given().contentType(ContentType.JSON)
                .body(Map.of("email", "corrected@example.org", "password", "correct horse battery staple"))
                .post(system.api("identity") + "/v1/users")
                .then()
                .statusCode(201)
                .extract()
                .path("id"));
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        system.close();
    }

    @Test
    void bothBooksHoldWhatIsLeftOfCorrectedEvents() throws Exception {
        // half an hour into it is past, on the first of a month too
        LocalDate yesterday = LocalDate.now(CAIRO).minusDays(1);
        Instant month = yesterday.withDayOfMonth(1).atStartOfDay(CAIRO).toInstant();
        Use lastMonths = use(700, 0, month.minus(Duration.ofMinutes(30)));
        Use voided = use(500, 0, month.minus(Duration.ofMinutes(29)));
        Use thisMonths = use(300, 40, month.plus(Duration.ofMinutes(30)));
        Use untouched = use(11, 3, month.plus(Duration.ofMinutes(31)));
        send(List.of(lastMonths, voided, thisMonths, untouched));
        awaitBooks(List.of(lastMonths, voided, thisMonths, untouched));

        correct(lastMonths, Map.of("kind", "adjust", "tokens_used", -600));
        correct(voided, Map.of("kind", "void"));
        correct(thisMonths, Map.of("kind", "adjust", "tokens_used", 50, "speech_seconds", -40));

        awaitBooks(List.of(changed(lastMonths, 100, 0), changed(thisMonths, 350, 0), untouched));
    }

    private static Use use(int tokens, int seconds, Instant time) {
        return new Use(UUID.randomUUID(), user, "chat", tokens, seconds, new BigDecimal("0.001000"), time);
    }

    private static Use changed(Use use, int tokens, int seconds) {
        return new Use(use.id(), use.user(), use.service(), tokens, seconds, use.cost(), use.timestamp());
    }

    private static void send(List<Use> uses) {
        List<Map<String, Object>> events = new ArrayList<>();
        for (Use use : uses) {
            events.add(Map.of(
                    "specversion",
                    "1.0",
                    "id",
                    use.id(),
                    "source",
                    "urn:acceptance",
                    "type",
                    "daftar.usage.recorded.v1",
                    "time",
                    use.timestamp().toString(),
                    "datacontenttype",
                    "application/json",
                    "data",
                    Map.of(
                            "user_id",
                            use.user(),
                            "session_id",
                            use.user(),
                            "service_name",
                            use.service(),
                            "tokens_used",
                            use.tokens(),
                            "speech_seconds",
                            use.seconds(),
                            "cost_usd",
                            use.cost().toPlainString())));
        }
        given().auth()
                .oauth2(Logins.service(system, "usage:write"))
                .contentType("application/cloudevents-batch+json")
                .body(events)
                .post(system.api("usage") + "/v1/usage-events")
                .then()
                .statusCode(202)
                .body("items.result", everyItem(is("accepted")));
    }

    private static void correct(Use use, Map<String, Object> correction) {
        Map<String, Object> body = new HashMap<>(correction);
        body.put("event_id", use.id());
        body.put("reason", "counted by mistake");
        given().auth()
                .oauth2(Logins.administrator(system))
                .contentType(ContentType.JSON)
                .body(body)
                .post(system.api("usage") + "/v1/users/" + use.user() + "/usage/corrections")
                .then()
                .statusCode(201);
    }

    private static void awaitBooks(List<Use> uses) {
        UsageBooks books = new UsageBooks(system);
        Map<String, Amount> expected = new UsageOracle(uses).totals(CAIRO);
        Awaitility.await("usage's book")
                .atMost(LIMIT)
                .untilAsserted(() ->
                        assertEquals(List.of(), UsageOracle.differences(expected, byDay(books.rollups())), "usage"));
        Awaitility.await("billing's book")
                .atMost(LIMIT)
                .untilAsserted(() -> assertEquals(
                        List.of(), UsageOracle.differences(expected, withoutZeros(books.totals())), "billing"));
    }

    /** Usage's minutes by local day, as billing adds up. */
    private static SortedMap<String, Amount> byDay(Map<String, Amount> rollups) {
        SortedMap<String, Amount> days = new TreeMap<>();
        rollups.forEach((row, amount) -> {
            String[] parts = row.split(" ", -1);
            if (parts[2].equals("1")) {
                String day = Instant.parse(parts[3] + ":00Z")
                        .truncatedTo(ChronoUnit.MINUTES)
                        .atZone(CAIRO)
                        .toLocalDate()
                        .toString();
                days.merge(
                        parts[0] + " " + parts[1] + " " + day,
                        new Amount(amount.events(), amount.tokens(), amount.seconds(), BigDecimal.ZERO),
                        (one, other) -> new Amount(
                                one.events() + other.events(),
                                one.tokens() + other.tokens(),
                                one.seconds() + other.seconds(),
                                BigDecimal.ZERO));
            }
        });
        return withoutZeros(days);
    }

    /** A day of which nothing is left may still have its row. */
    private static SortedMap<String, Amount> withoutZeros(SortedMap<String, Amount> days) {
        days.values().removeIf(new Amount(0, 0, 0, BigDecimal.ZERO)::equals);
        return days;
    }
}
