package daftar.local.backup;

import daftar.local.StartFailure;
import daftar.local.postgres.RestoredServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** A restore of the database into a server of its own, from the choice of the backup to a verified database. */
final class Recovery {
    private final BackupSettings settings;
    private final RestoredServer server;
    private final StoreClient client;
    private final BackupTool tool;
    private final WalSpool spool;
    private final Consumer<String> say;

    /**
     * Does nothing yet.
     *
     * @param directory of the restored server and of the tool's files for it
     * @param port of the restored server
     * @param say is told each step
     */
    Recovery(BackupSettings settings, Path directory, int port, Consumer<String> say) {
        this.settings = settings;
        this.server = new RestoredServer(
                settings.installation(),
                directory,
                settings.programs(),
                settings.logs(),
                port,
                settings.superuserPassword());
        this.client = new StoreClient(settings.store());
        this.tool = new BackupTool(server.account(), directory.resolve("tool"), settings.store());
        this.spool = new WalSpool(directory.resolve("spool"));
        this.say = say;
    }

    RestoredServer server() {
        return server;
    }

    StoreClient client() {
        return client;
    }

    /** What can be restored, once the store has shown that it has the right key. */
    Moments moments(Optional<Connection> primary) throws SQLException {
        tool.prepare(BackupSettings.ROLE, settings.password());
        EncryptionKey.check(client);
        return Moments.of(tool.backups(), client, primary);
    }

    /**
     * Brings the server to the moment, or to the end of the archive, and opens it.
     *
     * @return seconds that unpacking took, and the replay of the log
     */
    Times restore(Backup backup, Optional<Instant> moment) {
        new Checksums(client).verify(backup);
        WalArchive.of(client).firstMissing(backup.beginWal()).ifPresent(segment -> {
            throw new StartFailure("The archive lacks the segment " + segment
                    + ": nothing after it can be restored from" + " the backup " + backup.id() + ".");
        });
        say.accept("unpacking the backup " + backup.id() + ", which ended at " + backup.endedAt());
        long start = System.nanoTime();
        server.empty();
        spool.empty();
        tool.restore(backup, server.data());
        Duration unpacked = Duration.ofNanos(System.nanoTime() - start);
        say.accept("replaying the log up to " + moment.map(Instant::toString).orElse("its end"));
        spool.fill(client, backup.beginWal(), server.account());
        server.recover(spool.fetchCommand(tool.fetchCommand()), moment);
        spool.empty();
        return new Times(unpacked, Duration.ofNanos(System.nanoTime() - start).minus(unpacked));
    }

    /** How long the two halves took. */
    record Times(Duration unpacking, Duration replay) {}

    /** Asks the restored database everything, then erases again who was erased since. */
    List<Check> verify(Instant moment, Optional<Connection> primary) {
        try (Connection restored = server.superuser("daftar")) {
            List<Check> checks = new ArrayList<>(new Verification(restored, primary, moment).run());
            checks.add(erase(restored));
            return checks;
        } catch (SQLException e) {
            return List.of(Check.failed("connection", "the restored server answers " + e.getSQLState()));
        }
    }

    private Check erase(Connection restored) throws SQLException {
        List<UUID> users = new ErasureLedger(client)
                .entries().stream().map(ErasureLedger.Entry::userId).toList();
        int known = Erasure.replay(restored, users);
        for (UUID user : users) {
            List<String> traces = Erasure.traces(restored, user);
            if (!traces.isEmpty()) {
                return Check.failed("erasures", "somebody who was erased is still in " + String.join(", ", traces));
            }
        }
        return Check.passed(
                "erasures", users.size() + " in the ledger, " + known + " known to this database, none left");
    }
}
