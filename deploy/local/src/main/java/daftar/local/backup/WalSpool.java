package daftar.local.backup;

import daftar.local.StartFailure;
import daftar.local.postgres.ServerAccount;
import daftar.local.process.LocalProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The segments that a restore will ask for, fetched before it asks. A day whose log is switched by time has 1,440 of them, and
 * Barman's program takes longer to start than all its segments take to come. They stay compressed; what is not here, or
 * is damaged, Barman is asked for.
 */
final class WalSpool {
    private final Path directory;

    /** Fetches nothing yet. */
    WalSpool(Path directory) {
        this.directory = directory.toAbsolutePath();
    }

    /** Deletes what was fetched. */
    void empty() {
        LocalProcess.run(Duration.ofMinutes(10), List.of("rm", "-rf", "--", directory.toString()));
    }

    /** Fetches every compressed segment from this one on. */
    void fill(StoreClient client, String from, ServerAccount account) {
        try {
            Files.createDirectories(directory);
            for (StoreClient.Stored stored : client.list(BackupStore.key("wals/"))) {
                String name = stored.key().substring(stored.key().lastIndexOf('/') + 1);
                // by their place in the log: a new timeline goes on where the old one was left
                if (name.matches("[0-9A-F]{24}\\.gz") && name.substring(8).compareTo(from.substring(8)) >= 0) {
                    try (InputStream segment = client.open(stored.key()).orElseThrow()) {
                        Files.copy(segment, directory.resolve(name));
                    }
                }
            }
        } catch (IOException e) {
            throw new StartFailure("Cannot fetch the log into " + directory + ": " + e.getMessage() + ".", e);
        }
        account.own(directory);
    }

    /** A {@code restore_command} that looks here first. */
    String fetchCommand(String otherwise) {
        return "gzip -dc '" + directory + "/%f.gz' > %p 2>/dev/null || " + otherwise;
    }
}
