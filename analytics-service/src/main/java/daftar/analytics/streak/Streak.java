package daftar.analytics.streak;

import java.time.LocalDate;

/**
 * Days in a row, each by the learner's own calendar.
 *
 * <p>A local date counts once. A date before the last one, as a traveller meets it who crosses the date
 * line eastwards, neither adds to the streak nor ends it.
 *
 * @param days at least 1
 * @param lastDate the latest local date that counted
 */
public record Streak(int days, LocalDate lastDate) {

    /** A streak's first day. */
    public static Streak startingOn(LocalDate date) {
        return new Streak(1, date);
    }

    /** The streak after an interaction on this local date. */
    public Streak after(LocalDate date) {
        if (!date.isAfter(lastDate)) {
            return this;
        }
        return date.equals(lastDate.plusDays(1)) ? new Streak(days + 1, date) : startingOn(date);
    }

    /**
     * What of the streak is left on a day.
     *
     * @param today the learner's present date
     * @return the days, while the last one is today or yesterday, so that it can still be continued; else 0
     */
    public int daysAsOf(LocalDate today) {
        return lastDate.isBefore(today.minusDays(1)) ? 0 : days;
    }
}
