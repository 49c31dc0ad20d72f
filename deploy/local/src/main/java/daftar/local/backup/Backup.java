package daftar.local.backup;

import java.time.Instant;

/**
 * One full backup in the store.
 *
 * @param id Barman's name for it
 * @param beganAt when PostgreSQL was told that it begins
 * @param endedAt the first moment that it can be restored to
 * @param beginWal the first segment of log that a restore needs
 */
public record Backup(String id, Instant beganAt, Instant endedAt, String beginWal) {
    /** Prefix of its objects. */
    String prefix() {
        return BackupStore.key("base/" + id + "/");
    }
}
