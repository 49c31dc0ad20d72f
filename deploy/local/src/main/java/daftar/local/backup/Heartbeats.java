package daftar.local.backup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One row every few seconds. They are commits whose time is known: by them a restore is known to hold everything up to its
 * moment and nothing after, and what a loss of the machine would cost now is the age of the newest one in the archive.
 */
final class Heartbeats {
    private Heartbeats() {}

    /** Adds one, and deletes those that no drill will ask for. */
    static void beat(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    WITH old AS (DELETE FROM backup.heartbeats WHERE beat_at < now() - interval '3 days')
                    INSERT INTO backup.heartbeats (beat_at, wal_lsn)
                    VALUES (now(), pg_current_wal_insert_lsn())
                    ON CONFLICT (beat_at) DO NOTHING""");
        }
    }

    /** The newest one whose commit lies in the archive, given the newest segment there. */
    static Optional<Instant> newestArchived(Connection connection, String newestSegment) throws SQLException {
        // the commit follows its row's position within a page or two
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT max(beat_at)
                FROM backup.heartbeats
                WHERE pg_walfile_name(wal_lsn + 16384) COLLATE "C" <= ?""")) {
            statement.setString(1, newestSegment);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return Optional.ofNullable(result.getTimestamp(1)).map(Timestamp::toInstant);
            }
        }
    }

    /** Those of a span of time, oldest first. */
    static List<Instant> between(Connection connection, Instant from, Instant to) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT beat_at FROM backup.heartbeats WHERE beat_at >= ? AND beat_at <= ? ORDER BY beat_at""")) {
            statement.setTimestamp(1, Timestamp.from(from));
            statement.setTimestamp(2, Timestamp.from(to));
            List<Instant> beats = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    beats.add(result.getTimestamp(1).toInstant());
                }
            }
            return beats;
        }
    }
}
