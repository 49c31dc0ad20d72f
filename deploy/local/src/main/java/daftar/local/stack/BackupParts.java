package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.backup.BackupSchedule;
import daftar.local.backup.BackupSettings;
import daftar.local.backup.BackupStore;
import daftar.local.kafka.ConsumerRewind;
import daftar.local.postgres.Database;
import daftar.local.postgres.PostgresCluster;
import daftar.local.process.LocalProcess;
import daftar.local.s3.S3Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What one data folder's backups, restores and drills are made of. */
public final class BackupParts {
    private static final String DRILL = "drill";

    private final Installation installation;
    private final DataFolder folder;
    private final Secrets secrets;

    /** Reads nothing yet. */
    public BackupParts(Installation installation, DataFolder folder, Secrets secrets) {
        this.installation = installation;
        this.folder = folder;
        this.secrets = secrets;
    }

    /** The store's encrypted half, whose credentials no service gets. */
    public static S3Store.Vault vault(Secrets secrets) {
        return new S3Store.Vault(
                BackupStore.BUCKET,
                secrets.get("backup_store_access_key"),
                secrets.get("backup_store_secret_key"),
                secrets.get("backup_encryption_key"),
                secrets.get("backup_encryption_salt"));
    }

    /**
     * Settings of this folder's backups.
     *
     * @param storeAddress where the store answers
     * @param primaryUrl JDBC address of the primary, which need not run
     */
    public BackupSettings settings(String storeAddress, String primaryUrl) {
        return new BackupSettings(
                installation,
                folder.backup(),
                folder.postgres(),
                folder.logs(),
                new BackupStore(
                        storeAddress, secrets.get("backup_store_access_key"), secrets.get("backup_store_secret_key")),
                primaryUrl,
                secrets.password(BackupSettings.ROLE),
                secrets.password(PostgresCluster.SUPERUSER));
    }

    BackupSchedule schedule(PostgresCluster cluster, String storeAddress, Progress progress) {
        return new BackupSchedule(
                settings(storeAddress, cluster.jdbcUrl(Database.NAME)),
                cluster,
                Clock.systemUTC(),
                progress::say,
                this::startDrill);
    }

    /** In a process of its own: what goes wrong with a drill is not to go wrong with the system. */
    private void startDrill() {
        LocalProcess.start(new LocalProcess.Plan(
                DRILL,
                List.of(
                        installation.java().toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "-Duser.timezone=UTC",
                        "-D" + Installation.HOME_PROPERTY + "=" + installation.root(),
                        "-cp",
                        installation.launcherClassPath(),
                        "daftar.local.RestoreDrill",
                        "--data",
                        folder.root().toString()),
                Map.of(),
                installation.root(),
                drillPid(folder),
                folder.logs().resolve("drill.log")));
    }

    /** Stops a drill, which then takes its server down, and whatever restored server still runs. */
    static List<LocalProcess> stopRestored(DataFolder folder) {
        List<LocalProcess> drill =
                LocalProcess.running(DRILL, drillPid(folder), folder.logs().resolve("drill.log")).stream()
                        .toList();
        drill.forEach(process -> process.stop("TERM", Duration.ofSeconds(60)));
        List<LocalProcess> servers = Stream.of(folder.drill(), folder.restored())
                .flatMap(directory -> LocalProcess.running(
                        "postgres-" + directory.getFileName(),
                        directory.resolve(directory.getFileName() + ".pid"),
                        folder.logs().resolve("postgres-" + directory.getFileName() + ".log"))
                        .stream())
                .toList();
        servers.forEach(process -> process.stop("INT", Duration.ofSeconds(30)));
        return Stream.concat(drill.stream(), servers.stream()).toList();
    }

    /** Where {@code restore --replace} leaves the moment that the data is of. */
    public static Path restoredTo(DataFolder folder) {
        return folder.postgres().resolve("restored-to");
    }

    /** Before the services start: lets the consumers read again what the restored database has not seen. */
    static void rewindAfterRestore(DataFolder folder, String bootstrapServers, Progress progress) {
        Path mark = restoredTo(folder);
        if (!Files.exists(mark)) {
            return;
        }
        try {
            Instant moment = Instant.parse(Files.readString(mark).strip());
            int partitions = new ConsumerRewind(bootstrapServers).to(moment);
            progress.say("the database is of " + moment + ": consumers read " + partitions
                    + " partitions again from a day before it");
            Files.delete(mark);
        } catch (IOException e) {
            throw new StartFailure("Cannot read " + mark + ": make the data folder yours.", e);
        }
    }

    private static Path drillPid(DataFolder folder) {
        return folder.run().resolve("drill.pid");
    }
}
