package daftar.billing.subscription;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;

/**
 * The billing periods of one subscription.
 *
 * <p>Period n starts n cycles after the anchor, on the same day of the month or, where the month is too
 * short, on its last: 31 January, 28 February, 31 March. Each is counted from the anchor itself; counted
 * from the period before, the 31st would be lost for ever in the first short month.
 *
 * @param anchor first day of period 0
 * @param zone IANA zone whose calendar is meant; its rules, not an offset, decide when a day begins
 */
public record BillingCalendar(LocalDate anchor, BillingCycle cycle, ZoneId zone) {

    /** The calendar of somebody without a subscription: calendar months. */
    public static BillingCalendar ofMonths(Instant now, ZoneId zone) {
        return new BillingCalendar(now.atZone(zone).toLocalDate().withDayOfMonth(1), BillingCycle.MONTHLY, zone);
    }

    /** The period that an instant lies in. */
    public BillingPeriod periodAt(Instant time) {
        return periodOn(time.atZone(zone).toLocalDate());
    }

    /** The period that a day lies in; days before the anchor count to period 0, when clocks disagree. */
    BillingPeriod periodOn(LocalDate day) {
        if (day.isBefore(anchor)) {
            return period(0);
        }
        long number = ChronoUnit.MONTHS.between(anchor, day) / cycle.months();
        // a month cut short ends earlier than MONTHS.between thinks: 31 January to 28 February is none
        return start(number + 1).isAfter(day) ? period(number) : period(number + 1);
    }

    /** Period number n, from 0. */
    BillingPeriod period(long number) {
        return new BillingPeriod(start(number), start(number + 1), zone);
    }

    private LocalDate start(long number) {
        return anchor.plusMonths(number * cycle.months());
    }
}
