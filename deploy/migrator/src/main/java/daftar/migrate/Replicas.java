package daftar.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * The streaming replicas, asked whether they have replayed a position. {@code pg_stat_replication.replay_lag} would not
 * do: it stands still when a replica does.
 */
final class Replicas {
    private static final Duration POLL = Duration.ofMillis(50);

    private final Connection connection;
    private final Pause pause;

    Replicas(Connection connection, Pause pause) {
        this.connection = connection;
        this.pause = pause;
    }

    /** Writes a message into the log that nobody reads, so that there is something new to replay; gives its position. */
    static String mark(Connection connection) throws SQLException {
        return one(connection, "SELECT pg_logical_emit_message(false, 'daftar.migrate', '', true)");
    }

    /** The position up to which everything is written. */
    static String position(Connection connection) throws SQLException {
        return one(connection, "SELECT pg_current_wal_insert_lsn()");
    }

    /** Whether every replica that is connected has replayed the position, at the latest after the time. */
    boolean haveReplayed(String position, Duration within) throws SQLException {
        long end = System.nanoTime() + within.toNanos();
        while (isBehind(position)) {
            if (System.nanoTime() > end) {
                return false;
            }
            pause.of(POLL);
        }
        return true;
    }

    /** Whether a replica that is connected has yet to replay the position. */
    boolean isBehind(String position) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT EXISTS (SELECT FROM pg_stat_replication
                               WHERE state = 'streaming' AND (replay_lsn IS NULL OR replay_lsn < ?::pg_lsn))""")) {
            statement.setString(1, position);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getBoolean(1);
            }
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }
}
