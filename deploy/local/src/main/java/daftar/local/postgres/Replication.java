package daftar.local.postgres;

import daftar.local.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What a primary does for its replica, over a superuser's connection: role and slot, and a copy to begin with. */
final class Replication {
    /** A file that goes while it is copied ends an attempt; few go. */
    private static final int ATTEMPTS = 5;

    private static final String COPY = """
            rm -rf "$2" && install -d -m 700 "$2" && cd "$1" || exit 1
            find . -mindepth 1 -maxdepth 1 ! -name pg_wal ! -name pg_replslot ! -name postmaster.pid ! -name standby.signal \\
                -exec cp -a {} "$2" \\; || exit 1
            install -d -m 700 "$2/pg_wal" "$2/pg_wal/archive_status" "$2/pg_replslot"
            """;

    private final Connection primary;

    Replication(Connection primary) {
        this.primary = primary;
    }

    /**
     * Makes the replicating role and the slot if they are not there.
     *
     * @return false when the slot has lost log that the replica still needs
     */
    boolean prepare(String replicatorPassword) throws SQLException {
        try (PreparedStatement password = primary.prepareStatement("""
                        SELECT set_config('daftar.replicator_password', ?, false)""");
                Statement statement = primary.createStatement()) {
            password.setString(1, replicatorPassword);
            password.execute();
            statement.execute("""
                    DO $$
                    BEGIN
                        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'replicator') THEN
                            CREATE ROLE replicator LOGIN REPLICATION CONNECTION LIMIT 3;
                        END IF;
                        EXECUTE format('ALTER ROLE replicator PASSWORD %L', current_setting('daftar.replicator_password'));
                    END $$""");
            statement.execute("""
                    SELECT pg_create_physical_replication_slot('replica', true)
                    WHERE NOT EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_name = 'replica')""");
            try (ResultSet slot = statement.executeQuery("""
                    SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'replica'""")) {
                return slot.next() && !"lost".equals(slot.getString(1));
            }
        }
    }

    /** Makes the slot anew: it keeps the log that is written while a copy is made. */
    void keepLogFromNow() throws SQLException {
        try (Statement statement = primary.createStatement()) {
            statement.execute("""
                    SELECT pg_drop_replication_slot(slot_name)
                    FROM pg_replication_slots
                    WHERE slot_name = 'replica'""");
            statement.execute("SELECT pg_create_physical_replication_slot('replica', true)");
        }
    }

    /** Copies the folder of the primary, which goes on working, for a standby (PostgreSQL's low level API for base backups). */
    void copy(Path data, Path copy) throws SQLException {
        try (Statement statement = primary.createStatement()) {
            statement.execute("SELECT pg_backup_start('replica', true)");
            copyFiles(data, copy);
            try (ResultSet stopped = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                stopped.next();
                Files.writeString(copy.resolve("backup_label"), stopped.getString(1));
            }
            Files.writeString(copy.resolve("standby.signal"), "");
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + copy + ": make the data folder yours.", e);
        }
    }

    private static void copyFiles(Path data, Path copy) {
        for (int attempt = 1; ; attempt++) {
            try {
                PostgresCluster.shell(COPY, data, copy);
                return;
            } catch (StartFailure failure) {
                if (attempt == ATTEMPTS) {
                    throw failure;
                }
            }
        }
    }
}
