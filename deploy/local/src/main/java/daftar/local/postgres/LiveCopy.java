package daftar.local.postgres;

import daftar.local.StartFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A standby's folder, copied from a server that goes on working (PostgreSQL's low level API for base backups). The log of the
 * time that the copy takes is not in it: a replication slot that was made before has to keep it.
 */
final class LiveCopy {
    /** A file that goes while it is copied ends an attempt; few go. */
    private static final int ATTEMPTS = 5;

    private static final String COPY = """
            rm -rf "$2" && install -d -m 700 "$2" && cd "$1" || exit 1
            find . -mindepth 1 -maxdepth 1 ! -name pg_wal ! -name pg_replslot ! -name postmaster.pid ! -name standby.signal \\
                -exec cp -a {} "$2" \\; || exit 1
            install -d -m 700 "$2/pg_wal" "$2/pg_wal/archive_status" "$2/pg_replslot"
            """;

    private final Path source;
    private final Path copy;

    LiveCopy(Path source, Path copy) {
        this.source = source;
        this.copy = copy;
    }

    /** Makes it; the connection is a superuser's to the server. */
    void make(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_backup_start('replica', true)");
            copyFiles();
            try (ResultSet stopped = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                stopped.next();
                Files.writeString(copy.resolve("backup_label"), stopped.getString(1));
            }
            Files.writeString(copy.resolve("standby.signal"), "");
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + copy + ": make the data folder yours.", e);
        }
    }

    private void copyFiles() {
        for (int attempt = 1; ; attempt++) {
            try {
                PostgresCluster.shell(COPY, source, copy);
                return;
            } catch (StartFailure failure) {
                if (attempt == ATTEMPTS) {
                    throw failure;
                }
            }
        }
    }
}
