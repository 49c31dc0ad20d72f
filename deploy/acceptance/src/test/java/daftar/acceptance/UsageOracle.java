package daftar.acceptance;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;

/**
 * What the books must hold of the uses that it was given, added up in plain Java. A book is a map of its rows: what tells
 * a row from the others, as one text, and the row's amounts.
 */
final class UsageOracle {

    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MINUTES =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MONTHS =
            DateTimeFormatter.ofPattern("uuuu-MM").withZone(ZoneOffset.UTC);

    /** As many differences are told; more make nobody wiser. */
    private static final int MOST_DIFFERENCES = 20;

    private final Map<UUID, Use> uses;

    /** One use, as an event tells it. */
    record Use(UUID id, UUID user, String service, int tokens, int seconds, BigDecimal cost, Instant timestamp) {

        private Amount amount() {
            return new Amount(1, tokens, seconds, cost);
        }
    }

    /** Events added up; the cost in US dollars with six decimals. */
    record Amount(long events, long tokens, long seconds, BigDecimal cost) {

        static final Amount ONE_KEY = new Amount(1, 0, 0, BigDecimal.ZERO);

        Amount {
            cost = cost.setScale(6);
        }

        private Amount plus(Amount other) {
            return new Amount(
                    events + other.events, tokens + other.tokens, seconds + other.seconds, cost.add(other.cost));
        }

        private Amount withoutCost() {
            return new Amount(events, tokens, seconds, BigDecimal.ZERO);
        }

        private Amount withoutEventsAndCost() {
            return new Amount(0, tokens, seconds, BigDecimal.ZERO);
        }
    }

    /** An oracle of uses that are counted once each. */
    UsageOracle(Collection<Use> uses) {
        this.uses = new TreeMap<>();
        uses.forEach(use -> this.uses.put(use.id(), use));
    }

    int size() {
        return uses.size();
    }

    /** {@code usage_logs}, row by row. */
    SortedMap<String, Amount> rows() {
        return sums(use ->
                List.of(use.id() + " " + use.user() + " " + use.service() + " " + MICROS.format(use.timestamp())));
    }

    /** {@code usage_rollups}, all three levels. */
    SortedMap<String, Amount> rollups() {
        return sums(use -> List.of(
                rollup(use, 1, ChronoUnit.MINUTES),
                rollup(use, 60, ChronoUnit.HOURS),
                rollup(use, 1440, ChronoUnit.DAYS)));
    }

    private static String rollup(Use use, int minutes, ChronoUnit unit) {
        return use.user() + " " + use.service() + " " + minutes + " "
                + MINUTES.format(use.timestamp().truncatedTo(unit));
    }

    /** {@code usage_event_keys}, usage's and billing's. */
    SortedMap<String, Amount> keys() {
        SortedMap<String, Amount> keys = new TreeMap<>();
        uses.keySet().forEach(id -> keys.put(id.toString(), Amount.ONE_KEY));
        return keys;
    }

    /** billing's {@code usage_totals}, by local day of the zone; they have no cost. */
    SortedMap<String, Amount> totals(ZoneId zone) {
        SortedMap<String, Amount> totals = sums(use -> List.of(use.user() + " " + use.service() + " "
                + use.timestamp().atZone(zone).toLocalDate()));
        totals.replaceAll((key, amount) -> amount.withoutCost());
        return totals;
    }

    /** What usage's API tells by calendar month of UTC. */
    SortedMap<String, Amount> months() {
        return sums(use -> List.of(use.user() + " " + use.service() + " " + MONTHS.format(use.timestamp())));
    }

    /** What balances have as used: no events, no cost. */
    Amount used(UUID user, Instant from, Instant to) {
        return uses.values().stream()
                .filter(use -> use.user().equals(user)
                        && !use.timestamp().isBefore(from)
                        && use.timestamp().isBefore(to))
                .map(Use::amount)
                .reduce(new Amount(0, 0, 0, BigDecimal.ZERO), Amount::plus)
                .withoutEventsAndCost();
    }

    private SortedMap<String, Amount> sums(Function<Use, List<String>> rowsOf) {
        SortedMap<String, Amount> sums = new TreeMap<>();
        uses.values().forEach(use -> rowsOf.apply(use).forEach(row -> sums.merge(row, use.amount(), Amount::plus)));
        return sums;
    }

    /** Rows that are missing, too many or of another amount, the first of them in words; none when the books are equal. */
    static List<String> differences(Map<String, Amount> expected, Map<String, Amount> found) {
        TreeSet<String> rows = new TreeSet<>(expected.keySet());
        rows.addAll(found.keySet());
        List<String> differences = new ArrayList<>();
        int more = 0;
        for (String row : rows) {
            if (Objects.equals(expected.get(row), found.get(row))) {
                continue;
            }
            if (differences.size() < MOST_DIFFERENCES) {
                differences.add(row + ": expected " + expected.get(row) + ", found " + found.get(row));
            } else {
                more++;
            }
        }
        if (more > 0) {
            differences.add(more + " more");
        }
        return differences;
    }
}
