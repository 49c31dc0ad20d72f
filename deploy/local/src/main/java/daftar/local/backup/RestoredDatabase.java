package daftar.local.backup;

import daftar.local.StartFailure;
import daftar.local.postgres.PostgresCluster;
import daftar.local.postgres.RestoredServer;
import daftar.local.process.LocalProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A database restored for a person: beside the running one, to look at, to take rows from, or to put in its place. */
public final class RestoredDatabase {
    private final BackupSettings settings;
    private final Path directory;
    private final int port;
    private final Consumer<String> say;

    /**
     * Does nothing yet.
     *
     * @param directory of the restored server; there is one at a time
     * @param port of that server on 127.0.0.1
     * @param say is told each step
     */
    public RestoredDatabase(BackupSettings settings, Path directory, int port, Consumer<String> say) {
        this.settings = settings;
        this.directory = directory;
        this.port = port;
        this.say = say;
    }

    /**
     * Restores, verifies and leaves the server running. The running system goes on as if nothing were.
     *
     * @param to the moment, or empty for the last one that the archive reaches
     * @return whether everything that was asked of the restored database was answered as it must be
     */
    public boolean restore(Optional<Instant> to) {
        Recovery recovery = new Recovery(settings, directory, port, say);
        try (Primary primary = Primary.of(settings)) {
            if (primary.connection().isPresent()) {
                // a mistake of a minute ago is in no archived segment yet
                Moments.reachNow(recovery.client(), primary.connection().get());
            }
            Moments moments = recovery.moments(primary.connection());
            Instant moment = to.orElse(moments.latest());
            Backup backup = moments.backupFor(moment);
            say.accept("restorable is any moment from " + moments.earliest() + " to " + moments.latest());
            if (primary.connection().isEmpty()) {
                say.accept("the primary does not run: what is restored is held against itself alone");
            }
            recovery.restore(backup, to.isPresent() || primary.connection().isPresent() ? Optional.of(moment) : to);
            keep(moment);
            say.accept("verifying");
            List<Check> checks = recovery.verify(moment, primary.connection());
            checks.forEach(check ->
                    say.accept((check.passed() ? "passed  " : "FAILED  ") + check.name() + ": " + check.detail()));
            return checks.stream().allMatch(Check::passed);
        } catch (SQLException e) {
            throw new StartFailure("The primary broke off (" + e.getSQLState() + "): try again.", e);
        }
    }

    /** Stops the server and deletes its data. */
    public void drop() {
        server().stop();
        remove(directory);
    }

    /**
     * Makes it the system's data. The system must be down.
     *
     * @param restoredTo file that tells the next start of which moment the data is
     * @return where the old data lies now; empty when there was none
     */
    public Optional<Path> replace(Path restoredTo) {
        RestoredServer server = server();
        if (!Files.isDirectory(server.data()) || !Files.exists(momentFile())) {
            throw new StartFailure("Nothing is restored in " + directory + ": restore --to TIME comes first.");
        }
        server.stop();
        server.release();
        server.archiveHistory();
        Path primary = settings.postgres().resolve("primary");
        Path data = PostgresCluster.primaryData(settings.postgres());
        Path old = settings.postgres()
                .resolve("primary.before-" + Instant.now().toString().replace(':', '-'));
        try {
            String moment = Files.readString(momentFile());
            boolean had = Files.isDirectory(data);
            if (had) {
                Files.move(data, old);
            }
            // the other is a copy of what is no longer; the next start makes it anew
            for (String left : List.of("primary", "replica", "leader")) {
                remove(settings.postgres().resolve(left));
            }
            Files.writeString(restoredTo, moment);
            Files.move(server.data(), primary);
            // the log goes on from an earlier place: the next run with backups begins with a backup
            BackupSchedule.interrupted(settings.home());
            remove(directory);
            return had ? Optional.of(old) : Optional.empty();
        } catch (IOException e) {
            throw new StartFailure(
                    "Cannot put the restored data in place: " + e.getMessage() + "; the old data is in " + old + " or "
                            + primary + ".",
                    e);
        }
    }

    private RestoredServer server() {
        return new Recovery(settings, directory, port, say).server();
    }

    private Path momentFile() {
        return directory.resolve("restored-to");
    }

    private void keep(Instant moment) {
        try {
            Files.writeString(momentFile(), moment + "\n");
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + momentFile() + ": make the data folder yours.", e);
        }
    }

    private static void remove(Path folder) {
        LocalProcess.run(Duration.ofMinutes(10), List.of("rm", "-rf", "--", folder.toString()));
    }

    /** The running primary, or none. */
    private record Primary(Optional<Connection> connection) implements AutoCloseable {
        static Primary of(BackupSettings settings) {
            try {
                return new Primary(Optional.of(settings.primary()));
            } catch (SQLException e) {
                return new Primary(Optional.empty());
            }
        }

        @Override
        public void close() throws SQLException {
            if (connection.isPresent()) {
                connection.get().close();
            }
        }
    }
}
