package daftar.billing.subscription;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BillingCalendarTest {

    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");

    @Test
    void keepsTheThirtyFirstThroughShortMonths() {
        BillingCalendar calendar = monthly("2026-01-31");

        assertEquals(period("2026-01-31", "2026-02-28"), calendar.period(0));
        assertEquals(period("2026-02-28", "2026-03-31"), calendar.period(1));
        assertEquals(period("2026-03-31", "2026-04-30"), calendar.period(2));
        assertEquals(calendar.period(0), calendar.periodOn(LocalDate.parse("2026-02-27")));
        assertEquals(calendar.period(1), calendar.periodOn(LocalDate.parse("2026-02-28")));
    }

    @Test
    void keepsTheLeapDayThroughCommonYears() {
        BillingCalendar calendar = new BillingCalendar(LocalDate.parse("2024-02-29"), BillingCycle.YEARLY, CAIRO);

        assertEquals(period("2025-02-28", "2026-02-28"), calendar.period(1));
        assertEquals(period("2027-02-28", "2028-02-29"), calendar.period(3));
        assertEquals(period("2028-02-29", "2029-02-28"), calendar.period(4));
    }

    @Test
    void startsADayWithoutMidnightAtItsFirstMoment() {
        BillingPeriod april = monthly("2026-03-24").period(1);

        assertEquals(Instant.parse("2026-04-23T22:00:00Z"), april.startsAt());
        assertEquals(Instant.parse("2026-05-23T21:00:00Z"), april.endsAt());
    }

    @Test
    void putsTheHourThatComesTwiceIntoTheDayThatItBelongsTo() {
        BillingCalendar calendar = monthly("2026-09-30");

        assertEquals(calendar.period(0), calendar.periodAt(Instant.parse("2026-10-29T21:59:59Z")));
        assertEquals(calendar.period(1), calendar.periodAt(Instant.parse("2026-10-29T22:00:00Z")));
        assertEquals(Instant.parse("2026-10-29T22:00:00Z"), calendar.period(1).startsAt());
    }

    /** Walks from each anchor day of a leap year and of a common one through all days of 1970 to 2100. */
    @ParameterizedTest
    @EnumSource(BillingCycle.class)
    void agreesWithANaiveWalkThroughTheCalendarForEveryAnchorAndDay(BillingCycle cycle) {
        LocalDate last = LocalDate.parse("2100-12-31");
        for (LocalDate anchor = LocalDate.parse("1970-01-01");
                anchor.isBefore(LocalDate.parse("1973-01-01"));
                anchor = anchor.plusDays(1)) {
            BillingCalendar calendar = new BillingCalendar(anchor, cycle, CAIRO);
            int year = anchor.getYear();
            int month = anchor.getMonthValue();
            LocalDate start = anchor;
            while (start.isBefore(last)) {
                month += cycle == BillingCycle.MONTHLY ? 1 : 0;
                year += cycle == BillingCycle.YEARLY ? 1 : month > 12 ? 1 : 0;
                month = month > 12 ? 1 : month;
                LocalDate end = sameDayOrLast(year, month, anchor.getDayOfMonth());
                BillingPeriod expected = new BillingPeriod(start, end, CAIRO);
                for (LocalDate day : new LocalDate[] {start, start.plusDays(1), end.minusDays(1)}) {
                    assertEquals(expected, calendar.periodOn(day), () -> "anchor " + calendar.anchor());
                }
                start = end;
            }
        }
    }

    /** Without any library's arithmetic of months: tries the day and goes back until it exists. */
    private static LocalDate sameDayOrLast(int year, int month, int day) {
        int exists = day;
        while (!YearMonth.of(year, month).isValidDay(exists)) {
            exists--;
        }
        return LocalDate.of(year, month, exists);
    }

    private static BillingCalendar monthly(String anchor) {
        return new BillingCalendar(LocalDate.parse(anchor), BillingCycle.MONTHLY, CAIRO);
    }

    private static BillingPeriod period(String start, String end) {
        return new BillingPeriod(LocalDate.parse(start), LocalDate.parse(end), CAIRO);
    }
}
