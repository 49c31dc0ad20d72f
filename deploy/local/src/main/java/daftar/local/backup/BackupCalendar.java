package daftar.local.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** When a full backup and a drill are due: a backup a day, a drill a week. */
final class BackupCalendar {
    private static final Duration BACKUP = Duration.ofDays(1);
    private static final Duration DRILL = Duration.ofDays(7);
    private static final Duration FIRST_DRILL = Duration.ofDays(1);

    private BackupCalendar() {}

    /**
     * Whether a full backup is due.
     *
     * @param backups in the store, oldest first
     * @param lastDrill the newest in the history
     * @param unbroken whether the log has been archived without a gap since the last of them
     */
    static boolean backupIsDue(List<Backup> backups, Optional<DrillRecord> lastDrill, boolean unbroken, Instant now) {
        if (backups.isEmpty() || !unbroken) {
            return true;
        }
        Instant last = backups.get(backups.size() - 1).endedAt();
        // what a drill could not restore has to be there a second time before anybody needs it
        boolean doubtful = lastDrill
                .filter(drill -> !drill.passed() && drill.startedAt().isAfter(last))
                .isPresent();
        return doubtful || !last.plus(BACKUP).isAfter(now);
    }

    /**
     * Whether a drill is due: a week after the last, the first of all a day after the first backup.
     *
     * @param backups in the store, oldest first, at least one
     */
    static boolean drillIsDue(List<Backup> backups, Optional<DrillRecord> lastDrill, Instant now) {
        Instant due = lastDrill
                .map(drill -> drill.startedAt().plus(DRILL))
                .orElseGet(() -> backups.get(0).endedAt().plus(FIRST_DRILL));
        return !due.isAfter(now);
    }
}
