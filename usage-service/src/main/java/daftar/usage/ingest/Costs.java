package daftar.usage.ingest;

import daftar.usage.price.PriceBook;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What the events of a batch cost: as reported, or as the price book has it.
 *
 * @param costUsd US dollars, in the order of the events
 * @param drifts events whose reported cost is too far from the computed one; the reported one counts
 * @param unpriced events that report no cost and have none in the book: they count with 0
 */
record Costs(List<BigDecimal> costUsd, List<Drift> drifts, List<UUID> unpriced) {

    private static final int DECIMALS = 6;

    /**
     * One reported cost beside the computed one.
     *
     * @param priceIds as PostgreSQL writes an array
     */
    record Drift(UUID id, String computedCostUsd, String priceIds) {}

    static Costs of(Collection<UsageRecorded> events, PriceBook book) {
        Costs costs = new Costs(new ArrayList<>(events.size()), new ArrayList<>(), new ArrayList<>());
        for (UsageRecorded event : events) {
            costs.costUsd.add(costs.of(event, book));
        }
        return costs;
    }

    private BigDecimal of(UsageRecorded event, PriceBook book) {
        long computed = book.microUsd(event);
        if (event.costUsd() != null) {
            if (computed != PriceBook.UNPRICED && PriceBook.isDrift(micros(event.costUsd()), computed)) {
                keepDrift(event, computed, book.versionsFor(event));
            }
            return event.costUsd();
        }
        if (computed == PriceBook.UNPRICED) {
            unpriced.add(event.id());
            return BigDecimal.ZERO;
        }
        return usd(computed);
    }

    /** What cost something though no tokens and no seconds were used is not the prices' matter. */
    private void keepDrift(UsageRecorded event, long computed, List<UUID> prices) {
        if (!prices.isEmpty()) {
            drifts.add(new Drift(event.id(), usd(computed).toPlainString(), array(prices)));
        }
    }

    private static long micros(BigDecimal usd) {
        return usd.movePointRight(DECIMALS).longValueExact();
    }

    private static BigDecimal usd(long micros) {
        return BigDecimal.valueOf(micros, DECIMALS);
    }

    private static String array(List<UUID> ids) {
        return ids.stream().map(UUID::toString).collect(Collectors.joining(",", "{", "}"));
    }
}
