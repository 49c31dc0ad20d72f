package daftar.local.backup;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BackupCalendarTest {
    private static final Instant MADE = Instant.parse("2026-11-01T02:00:00Z");
    private static final List<Backup> ONE =
            List.of(new Backup("1", MADE.minusSeconds(9), MADE, "000000010000000000000003"));

    @Test
    void aBackupIsDueAtOnceThenADayAfterTheLast() {
        assertTrue(BackupCalendar.backupIsDue(List.of(), Optional.empty(), true, MADE));
        assertFalse(backupIsDue(Optional.empty(), true, Duration.ofHours(24).minusSeconds(1)));
        assertTrue(backupIsDue(Optional.empty(), true, Duration.ofHours(24)));
        assertTrue(backupIsDue(Optional.empty(), true, Duration.ofDays(9)), "a launcher that was away makes up for it");
    }

    @Test
    void aBackupIsDueAfterAGapInTheArchive() {
        assertTrue(backupIsDue(Optional.empty(), false, Duration.ofMinutes(1)));
    }

    @Test
    void aBackupIsDueAfterADrillThatFailedUntilThereIsANewerOne() {
        assertTrue(backupIsDue(Optional.of(drill(false, MADE.plusSeconds(60))), true, Duration.ofMinutes(9)));
        assertFalse(backupIsDue(Optional.of(drill(true, MADE.plusSeconds(60))), true, Duration.ofMinutes(9)));
        assertFalse(backupIsDue(Optional.of(drill(false, MADE.minusSeconds(60))), true, Duration.ofMinutes(9)));
    }

    @Test
    void aDrillIsDueADayAfterTheFirstBackupThenEveryWeek() {
        assertFalse(BackupCalendar.drillIsDue(ONE, Optional.empty(), MADE.plus(Duration.ofHours(23))));
        assertTrue(BackupCalendar.drillIsDue(ONE, Optional.empty(), MADE.plus(Duration.ofHours(24))));
        Optional<DrillRecord> last = Optional.of(drill(false, MADE));
        assertFalse(BackupCalendar.drillIsDue(ONE, last, MADE.plus(Duration.ofDays(6))));
        assertTrue(BackupCalendar.drillIsDue(ONE, last, MADE.plus(Duration.ofDays(7))));
    }

    private static boolean backupIsDue(Optional<DrillRecord> lastDrill, boolean unbroken, Duration later) {
        return BackupCalendar.backupIsDue(ONE, lastDrill, unbroken, MADE.plus(later));
    }

    private static DrillRecord drill(boolean passed, Instant startedAt) {
        return new DrillRecord(startedAt, passed, "", 0, Instant.EPOCH, "", 0, 0, 0, 0, 0, List.of());
    }
}
