package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.backup.BackupSettings;
import daftar.local.postgres.Database;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import daftar.local.s3.S3Store;
import java.time.Duration;
import java.util.Optional;

/** A data folder's backups as a command finds them: with the system running, or with the store alone. */
public final class RunningBackups implements AutoCloseable {
    private final BackupSettings settings;
    private final Optional<S3Store> ownStore;
    private final boolean systemRuns;

    private RunningBackups(BackupSettings settings, Optional<S3Store> ownStore, boolean systemRuns) {
        this.settings = settings;
        this.ownStore = ownStore;
        this.systemRuns = systemRuns;
    }

    /** Of the running system, or, while it is down, of a store that is started for as long as this is open. */
    public static RunningBackups of(Installation installation, DataFolder folder) {
        Secrets secrets = Secrets.of(folder);
        BackupParts parts = new BackupParts(installation, folder, secrets);
        if (folder.launcher().isPresent()) {
            Addresses addresses = Addresses.of(folder);
            requireBackups(addresses, folder);
            return new RunningBackups(
                    parts.settings(addresses.get("s3"), addresses.get("primary")), Optional.empty(), true);
        }
        S3Store store = new S3Store(
                installation,
                new S3Store.Options(
                        folder.s3(),
                        folder.logs(),
                        Loopback.freePorts(1).get(0),
                        secrets.get("s3_access_key"),
                        secrets.get("s3_secret_key")),
                Optional.of(BackupParts.vault(secrets)));
        if (store.isRunning()) {
            throw new StartFailure(
                    "A store of an earlier run is left on " + folder.root() + ": deploy/local/down first.");
        }
        store.start();
        String nobody = "jdbc:postgresql://" + Loopback.ADDRESS + ":1/" + Database.NAME;
        return new RunningBackups(parts.settings(store.endpoint(), nobody), Optional.of(store), false);
    }

    /** Fails unless the system runs with backups. */
    public static void requireBackups(Addresses addresses, DataFolder folder) {
        if (!addresses.values().containsKey("backup-metrics")) {
            throw new StartFailure(
                    "The system on " + folder.root() + " runs without backups: start it with up --backups.");
        }
    }

    public BackupSettings settings() {
        return settings;
    }

    public boolean systemRuns() {
        return systemRuns;
    }

    /** Stops the store if it was started for this. */
    @Override
    public void close() {
        ownStore.flatMap(S3Store::process).ifPresent(process -> process.stop("TERM", Duration.ofSeconds(15)));
    }

    /** Whether a process of the system, its launcher or a part that was left behind, runs on the folder. */
    public static boolean anythingRuns(DataFolder folder) {
        return folder.launcher().isPresent()
                || LocalProcess.running(
                                "postgres-primary",
                                folder.postgres().resolve("primary.pid"),
                                folder.logs().resolve("postgres-primary.log"))
                        .isPresent();
    }
}
