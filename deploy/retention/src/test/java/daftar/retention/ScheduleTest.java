package daftar.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.retention.Schedule.Action;
import daftar.retention.Schedule.Entry;
import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static final Instant NOW = Instant.parse("2026-11-26T14:30:00Z");

    @Test
    void aPeriodEndsWithItsDay() {
        assertEquals(OffsetDateTime.parse("2026-08-28T00:00Z"), letters("P90D").limit(NOW));
        assertEquals(OffsetDateTime.parse("2025-10-26T00:00Z"), letters("P13M").limit(NOW));
        assertEquals(OffsetDateTime.parse("2020-11-26T00:00Z"), letters("P6Y").limit(NOW));
    }

    @Test
    void overdueIsWhatIsBeyondThePeriod() {
        Entry letters = letters("P90D");
        assertEquals(0, letters.overdueSeconds(OffsetDateTime.parse("2026-08-28T15:00Z"), NOW));
        assertEquals(86_400, letters.overdueSeconds(OffsetDateTime.parse("2026-08-27T14:30Z"), NOW));
    }

    @Test
    void readsAnEntry() {
        Schedule schedule = read("""
                [{"table": "letters", "purpose": "mail", "basis": "contract", "period": "P90D", "clock": "sent_at",
                  "action": "delete", "by": "retention"},
                 {"table": "people", "purpose": "to write to", "basis": "contract", "period": "while the account lives",
                  "action": "anonymise", "by": "erasure"}]
                """);
        assertEquals(letters("P90D"), schedule.entries().get(0));
        assertEquals(Action.ANONYMISE, schedule.entries().get(1).action());
    }

    @Test
    void refusesWhatCannotBeKept() {
        assertThrows(DateTimeException.class, () -> letters("three months"));
        assertThrows(IllegalArgumentException.class, () -> letters(" "));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Entry("letters", "mail", "contract", "P90D", null, null, Action.DELETE, Entry.JOB));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Entry("letters", "mail", "contract", "P90D", "sent_at", null, Action.ARCHIVE, Entry.JOB));
        assertThrows(IllegalArgumentException.class, () -> new Schedule(List.of(letters("P90D"), letters("P91D"))));
        assertThrows(UncheckedIOException.class, () -> read("[{\"table\": \"letters\", \"colour\": \"blue\"}]"));
        assertThrows(UncheckedIOException.class, () -> read("[{\"table\": \"letters\"}]"));
    }

    private static Entry letters(String period) {
        return new Entry("letters", "mail", "contract", period, "sent_at", null, Action.DELETE, Entry.JOB);
    }

    private static Schedule read(String json) {
        return Schedule.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
    }
}
