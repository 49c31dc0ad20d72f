package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import daftar.acceptance.UsageOracle.Amount;
import daftar.acceptance.UsageOracle.Use;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The fault test's comparison is one that can fail: it tells one event of many in every book. */
class UsageOracleTest {

    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");
    private static final UUID USER = new UUID(1, 1);
    private static final Instant START = Instant.parse("2026-01-31T22:30:00.123456Z");

    private final List<Use> uses = uses();

    private static List<Use> uses() {
        List<Use> uses = new ArrayList<>();
        for (int use = 0; use < 500; use++) {
            uses.add(new Use(
                    new UUID(2, use), USER, "chat", use + 1, 3, new BigDecimal("0.000002"), START.plusSeconds(use)));
        }
        return uses;
    }

    private static Map<String, Map<String, Amount>> books(UsageOracle oracle) {
        Map<String, Function<UsageOracle, Map<String, Amount>>> books = Map.of(
                "rows", UsageOracle::rows,
                "rollups", UsageOracle::rollups,
                "keys", UsageOracle::keys,
                "totals", counted -> counted.totals(CAIRO),
                "months", UsageOracle::months);
        Map<String, Map<String, Amount>> all = new java.util.TreeMap<>();
        books.forEach((name, book) -> all.put(name, book.apply(oracle)));
        return all;
    }

    @Test
    void equalBooksDoNotDiffer() {
        Map<String, Map<String, Amount>> found = books(new UsageOracle(uses));
        books(new UsageOracle(List.copyOf(uses)))
                .forEach((book, rows) -> assertEquals(List.of(), UsageOracle.differences(rows, found.get(book)), book));
    }

    @Test
    void aLostEventShowsInEveryBook() {
        Map<String, Map<String, Amount>> found = books(new UsageOracle(uses));
        UsageOracle oneLess = new UsageOracle(uses.subList(0, 499));
        books(oneLess).forEach((book, rows) -> {
            assertFalse(UsageOracle.differences(rows, found.get(book)).isEmpty(), book);
            assertFalse(UsageOracle.differences(found.get(book), rows).isEmpty(), book);
        });
        assertNotEquals(
                new UsageOracle(uses).used(USER, START, START.plusSeconds(600)),
                oneLess.used(USER, START, START.plusSeconds(600)));
    }

    @Test
    void booksFollowTheirOwnCalendars() {
        UsageOracle oracle = new UsageOracle(uses.subList(0, 1));
        Amount amount = new Amount(1, 1, 3, new BigDecimal("0.000002"));
        assertEquals(
                Map.of(
                        USER + " chat 1 2026-01-31T22:30", amount,
                        USER + " chat 60 2026-01-31T22:00", amount,
                        USER + " chat 1440 2026-01-31T00:00", amount),
                oracle.rollups());
        assertEquals(Map.of(USER + " chat 2026-02-01", new Amount(1, 1, 3, BigDecimal.ZERO)), oracle.totals(CAIRO));
        assertEquals(Map.of(USER + " chat 2026-01", amount), oracle.months());
    }

    @Test
    void aPeriodEndsBeforeItsEnd() {
        UsageOracle oracle = new UsageOracle(uses);
        assertEquals(new Amount(0, 3, 6, BigDecimal.ZERO), oracle.used(USER, START, START.plusSeconds(2)));
    }
}
