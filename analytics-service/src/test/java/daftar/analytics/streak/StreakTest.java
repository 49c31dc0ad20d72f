package daftar.analytics.streak;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreakTest {

    @Test
    void aDateCountsOnceHoweverOftenTheLearnerWorks() {
        assertEquals(
                2,
                streak("Africa/Cairo", "2026-03-01T08:00:00Z", "2026-03-01T20:00:00Z", "2026-03-02T01:00:00Z")
                        .days());
    }

    @Test
    void aMissedDateBeginsAgainAtOne() {
        assertEquals(
                1,
                streak("Africa/Cairo", "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z", "2026-03-04T08:00:00Z")
                        .days());
    }

    @Test
    void monthsAndYearsFollowEachOther() {
        assertEquals(
                3,
                streak("UTC", "2027-12-31T12:00:00Z", "2028-01-01T12:00:00Z", "2028-01-02T12:00:00Z")
                        .days());
        assertEquals(
                3,
                streak("UTC", "2028-02-28T12:00:00Z", "2028-02-29T12:00:00Z", "2028-03-01T12:00:00Z")
                        .days());
    }

    /** On 2026-04-24 Cairo goes from 00:00 (+02:00) to 01:00 (+03:00): the date has 23 hours and no midnight. */
    @Test
    void theShortDayOfCairoCountsAsOneDay() {
        assertEquals(
                3,
                streak("Africa/Cairo", "2026-04-23T21:59:59Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")
                        .days());
        assertEquals(
                2,
                streak("Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")
                        .days());
        assertEquals(
                1,
                streak("Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24T20:59:59Z")
                        .days());
    }

    /** On 2026-04-05 Sydney goes from 03:00 (+11:00) back to 02:00 (+10:00): the date has 25 hours. */
    @Test
    void theLongDayOfSydneyCountsAsOneDay() {
        assertEquals(
                1,
                streak("Australia/Sydney", "2026-04-04T13:00:00Z", "2026-04-05T13:59:59Z")
                        .days());
        assertEquals(
                2,
                streak("Australia/Sydney", "2026-04-04T12:59:59Z", "2026-04-05T13:59:59Z")
                        .days());
        assertEquals(
                2,
                streak("Australia/Sydney", "2026-04-04T13:00:00Z", "2026-04-05T14:00:00Z")
                        .days());
    }

    /** From UTC+14 to UTC-12 the same hours are lived twice: they neither add to the streak nor end it. */
    @Test
    void aDateThatATravellerLivesTwiceCountsOnce() {
        Streak atKiritimati = streak("Pacific/Kiritimati", "2026-05-01T11:00:00Z", "2026-05-02T11:00:00Z");
        assertEquals(new Streak(2, LocalDate.parse("2026-05-03")), atKiritimati);

        Streak landed = atKiritimati.after(date("Etc/GMT+12", "2026-05-02T11:30:00Z"));
        assertEquals(atKiritimati, landed);
        assertEquals(atKiritimati, landed.after(date("Etc/GMT+12", "2026-05-03T13:00:00Z")));
        assertEquals(3, landed.after(date("Etc/GMT+12", "2026-05-04T13:00:00Z")).days());
    }

    @Test
    void aStreakIsLeftWhileTodayOrYesterdayBelongsToIt() {
        Streak streak = new Streak(5, LocalDate.parse("2026-05-10"));
        assertEquals(5, streak.daysAsOf(LocalDate.parse("2026-05-09")));
        assertEquals(5, streak.daysAsOf(LocalDate.parse("2026-05-10")));
        assertEquals(5, streak.daysAsOf(LocalDate.parse("2026-05-11")));
        assertEquals(0, streak.daysAsOf(LocalDate.parse("2026-05-12")));
    }

    private static Streak streak(String zone, String... times) {
        List<LocalDate> dates =
                List.of(times).stream().map(time -> date(zone, time)).toList();
        Streak streak = Streak.startingOn(dates.get(0));
        for (LocalDate date : dates.subList(1, dates.size())) {
            streak = streak.after(date);
        }
        return streak;
    }

    private static LocalDate date(String zone, String time) {
        return LocalDate.ofInstant(Instant.parse(time), ZoneId.of(zone));
    }
}
