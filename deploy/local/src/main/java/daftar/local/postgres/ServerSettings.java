package daftar.local.postgres;

import daftar.local.StartFailure;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What the servers of a cluster are configured with. Both get the same, so that either can be the primary. */
final class ServerSettings {
    /** The replication slot of the replica, whichever server that is. */
    static final String SLOT = "replica";

    private static final String REPLICATOR = "replicator";
    /** Longer than a loaded machine keeps a replica from answering, and far shorter than a statement may take. */
    private static final Duration SENDER_TIMEOUT = Duration.ofSeconds(10);

    private final ConnectionBudget budget;
    private final PostgresCluster.Options options;
    private List<String> archiveSettings = List.of("archive_mode = off");

    ServerSettings(ConnectionBudget budget, PostgresCluster.Options options) {
        this.budget = budget;
        this.options = options;
    }

    void archive(String command, Duration timeout) {
        archiveSettings = List.of(
                "archive_mode = on",
                "archive_command = '" + command.replace("'", "''") + "'",
                "archive_timeout = " + timeout.toSeconds());
    }

    /**
     * Writes a server's settings, which hold from its next start or reload.
     *
     * @param synchronous whether a commit is acknowledged only when it is on the replica's disk
     */
    void write(PostgresServer server, PostgresServer primary, PostgresServer replica, boolean synchronous) {
        List<String> lines = new ArrayList<>(List.of(
                "# written at every start; own settings belong into postgresql.auto.conf (ALTER SYSTEM)",
                "listen_addresses = '" + Loopback.ADDRESS + "'",
                "port = " + server.port(),
                "unix_socket_directories = ''",
                "max_connections = " + budget.sum(),
                "superuser_reserved_connections = " + budget.limits().get("superuser"),
                "shared_buffers = " + options.sharedBuffersMegabytes() + "MB",
                "wal_level = replica",
                "max_wal_senders = 10",
                "max_replication_slots = 10",
                "wal_keep_size = 256MB",
                "# a replica that is gone for good must not fill the disk",
                "max_slot_wal_keep_size = 2GB",
                "hot_standby = on",
                "hot_standby_feedback = on",
                "fsync = on",
                "synchronous_commit = on",
                "# a large transaction's log goes to the disk while it runs, so that its commit waits for the rest alone",
                "wal_buffers = 16MB",
                "wal_writer_delay = 10ms",
                "wal_retrieve_retry_interval = 500ms",
                "timezone = 'UTC'",
                "log_timezone = 'UTC'",
                "password_encryption = 'scram-sha-256'",
                "shared_preload_libraries = 'pg_stat_statements'",
                "log_line_prefix = '%m [%p] %q%u@%d '",
                "# an error's detail and statement quote rows, and rows hold personal data",
                "log_error_verbosity = terse",
                "log_min_error_statement = panic"));
        // of a replica they hold once it is promoted
        lines.addAll(archiveSettings);
        if (synchronous) {
            lines.add("synchronous_standby_names = 'ANY 1 (" + SLOT + ")'");
            lines.add("wal_sender_timeout = " + SENDER_TIMEOUT.toMillis());
        }
        if (server == replica) {
            lines.add("primary_conninfo = 'host=" + Loopback.ADDRESS + " port=" + primary.port() + " user="
                    + REPLICATOR + " password=" + options.replicatorPassword()
                    + " application_name=" + SLOT + " sslmode=disable gssencmode=disable'");
            lines.add("primary_slot_name = '" + SLOT + "'");
        }
        Path file = server.data().resolve("postgresql.conf");
        try {
            Files.writeString(file, String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new StartFailure("Cannot write PostgreSQL's settings: " + e.getMessage() + ".", e);
        }
    }
}
