package daftar.local.backup;

import daftar.local.StartFailure;
import daftar.local.process.Waiting;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * From when to when the database can be restored.
 *
 * @param backups oldest first, at least one
 * @param latest the newest moment that the archive is known to reach
 */
record Moments(List<Backup> backups, Instant latest) {
    private static final Duration ARCHIVED_LIMIT = Duration.ofMinutes(2);

    /**
     * What the store holds now.
     *
     * @param primary the running primary, if it runs: without it the end of the archive is known only by the age of its files
     */
    static Moments of(List<Backup> backups, StoreClient client, Optional<Connection> primary) throws SQLException {
        if (backups.isEmpty()) {
            throw new StartFailure("There is no backup yet: up --backups makes the first one at once.");
        }
        Instant latest = primary.isPresent() ? byHeartbeats(client, primary.get()) : byFiles(client);
        return new Moments(backups, latest);
    }

    /** The first moment that can be restored. */
    Instant earliest() {
        return backups.get(0).endedAt();
    }

    /** The newest backup from which the moment can be reached; refuses a moment that none reaches. */
    Backup backupFor(Instant moment) {
        if (moment.isBefore(earliest()) || moment.isAfter(latest)) {
            throw new StartFailure("The database can be restored to any moment from " + earliest() + " to " + latest
                    + ", not to " + moment + ".");
        }
        return backups.stream()
                .filter(backup -> !backup.endedAt().isAfter(moment))
                .reduce((older, newer) -> newer)
                .orElseThrow();
    }

    /** Has the running primary hand over what it holds back, so that every moment until now can be restored. */
    static void reachNow(StoreClient client, Connection primary) throws SQLException {
        Heartbeats.beat(primary);
        String segment;
        try (Statement statement = primary.createStatement();
                ResultSet result = statement.executeQuery("SELECT pg_walfile_name(pg_switch_wal())")) {
            result.next();
            segment = result.getString(1);
        }
        boolean archived = Waiting.until(
                ARCHIVED_LIMIT, () -> WalArchive.of(client).newest().orElse("").compareTo(segment) >= 0);
        if (!archived) {
            throw new StartFailure("The segment " + segment + " does not reach the archive: see the primary's log.");
        }
    }

    private static Instant byHeartbeats(StoreClient client, Connection primary) throws SQLException {
        String newest = WalArchive.of(client).newest().orElse("");
        return Heartbeats.newestArchived(primary, newest).orElse(Instant.EPOCH);
    }

    private static Instant byFiles(StoreClient client) {
        return client.list(BackupStore.key("wals/")).stream()
                .map(StoreClient.Stored::modified)
                .max(Instant::compareTo)
                .orElse(Instant.EPOCH);
    }
}
