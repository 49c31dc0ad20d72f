package daftar.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.PGConnection;

/** Asks the guards. Who is connected to what is asked before anything, the database's condition before a change. */
final class Preflight {
    private final Slice slice;
    private final Settings settings;
    private final Report report;
    private final Connection connection;

    Preflight(Slice slice, Settings settings, Report report, Connection connection) {
        this.slice = slice;
        this.settings = settings;
        this.report = report;
        this.connection = connection;
    }

    /** The three guards of the connection itself. */
    void checkConnection() throws SQLException {
        require(Guard.POOLER, pooler());
        require(Guard.PRIMARY, replica());
        require(Guard.ROLE, foreignRole());
    }

    /** The three guards of the moment. */
    void checkMoment() throws SQLException {
        require(Guard.LONG_TRANSACTION, longTransaction());
        require(Guard.BASE_BACKUP, baseBackup());
        require(Guard.REPLICA_LAG, replicaLag());
    }

    private void require(Guard guard, Optional<String> obstacle) {
        if (obstacle.isEmpty()) {
            return;
        }
        String reason = settings.overrides.get(guard);
        if (reason == null) {
            throw new MigrationStopped(
                    ExitCode.REFUSED, obstacle.get() + " (guard " + guard.word() + ") Nothing was changed.");
        }
        settings.log.accept("guard " + guard.word() + " overridden, \"" + reason + "\": " + obstacle.get());
        report.overridden(guard, reason);
    }

    /** A pooler answers with a process id of its own making; the server's own is that of the session. */
    private Optional<String> pooler() throws SQLException {
        int announced = connection.unwrap(PGConnection.class).getBackendPID();
        return text("SELECT pg_backend_pid()").equals(Integer.toString(announced))
                ? Optional.empty()
                : Optional.of("The address leads through a pooler: use the primary's own.");
    }

    private Optional<String> replica() throws SQLException {
        return text("SELECT pg_is_in_recovery()").equals("t")
                ? Optional.of("The address leads to a replica: use the primary's.")
                : Optional.empty();
    }

    private Optional<String> foreignRole() throws SQLException {
        String owner = text(
                "SELECT coalesce((SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ?), '')",
                slice.name());
        String role = text("SELECT current_user");
        if (owner.isEmpty()) {
            return Optional.of("There is no schema " + slice.name() + ": create roles and schemas first.");
        }
        return owner.equals(role)
                ? Optional.empty()
                : Optional.of("The schema " + slice.name() + " belongs to " + owner + " and not to " + role + ".");
    }

    private Optional<String> longTransaction() throws SQLException {
        String found =
                text("""
                SELECT coalesce(string_agg(who, ', '), '')
                FROM (SELECT format('process %s of %s for %s s', pid, usename,
                                    round(extract(epoch FROM clock_timestamp() - xact_start))) AS who
                      FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()
                        AND backend_type = 'client backend'
                        AND xact_start < clock_timestamp() - ?::interval
                      UNION ALL
                      SELECT format('prepared transaction of %s since %s', owner, prepared)
                      FROM pg_prepared_xacts
                      WHERE database = current_database() AND prepared < clock_timestamp() - ?::interval) AS old""", settings.oldestTransaction.toMillis() + " ms", settings.oldestTransaction.toMillis() + " ms");
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of("A transaction has been open for more than " + settings.oldestTransaction.toSeconds()
                        + " s: " + found + ". Wait for its end or end it (pg_terminate_backend).");
    }

    private Optional<String> baseBackup() throws SQLException {
        return text("SELECT count(*) FROM pg_stat_progress_basebackup").equals("0")
                ? Optional.empty()
                : Optional.of("A base backup is running: wait for its end (pg_stat_progress_basebackup).");
    }

    private Optional<String> replicaLag() throws SQLException {
        return new Replicas(connection, settings.pause).haveReplayed(Replicas.mark(connection), settings.replicaLag)
                ? Optional.empty()
                : Optional.of("A replica is more than " + settings.replicaLag.toSeconds()
                        + " s behind: wait until it has caught up (pg_stat_replication).");
    }

    private String text(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getString(1);
            }
        }
    }
}
