package daftar.billing.subscription;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/**
 * A run of whole local days.
 *
 * @param start the first day
 * @param end the day after the last
 * @param zone whose days they are
 */
public record BillingPeriod(LocalDate start, LocalDate end, ZoneId zone) {

    /** The first instant; where midnight does not exist (Cairo, 24 April 2026) the day's first moment after it. */
    public Instant startsAt() {
        return start.atStartOfDay(zone).toInstant();
    }

    /** The first instant that no longer belongs to it. */
    public Instant endsAt() {
        return end.atStartOfDay(zone).toInstant();
    }
}
