package daftar.local.backup;

import daftar.local.Installation;
import daftar.local.TestFolder;
import daftar.local.postgres.Database;
import daftar.local.postgres.Migrations;
import daftar.local.postgres.PostgresCluster;
import daftar.local.postgres.RestoredServer;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import daftar.local.s3.S3Store;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A cluster with all five slices whose log is archived into a store with a vault; no services. */
final class BackedUpSystem implements AutoCloseable {
    private static final String PASSWORD = "superuser-of-a-test";
    static final String KEY = "the key of a test";
    private static final String STORE_SECRET = "secret-of-a-test";

    final Path folder;
    final PostgresCluster cluster;
    final BackupSettings settings;
    final BackupSchedule schedule;
    final List<String> said = new CopyOnWriteArrayList<>();
    private final Installation installation = Installation.find();
    private final List<Integer> ports = Loopback.freePorts(4);
    private S3Store store;

    BackedUpSystem(String name) {
        folder = TestFolder.fresh(name);
        store = store(KEY);
        store.start();
        cluster = new PostgresCluster(
                installation,
                new PostgresCluster.Options(
                        folder.resolve("postgres"),
                        folder.resolve("logs"),
                        ports.get(0),
                        ports.get(1),
                        PASSWORD,
                        "streams",
                        32));
        settings = new BackupSettings(
                installation,
                folder.resolve("home"),
                folder.resolve("postgres"),
                folder.resolve("logs"),
                new BackupStore(store.endpoint(), "backups", STORE_SECRET),
                cluster.primary().jdbcUrl(Database.NAME),
                passwordOf(BackupSettings.ROLE),
                PASSWORD);
        schedule = new BackupSchedule(settings, cluster, Clock.systemUTC(), said::add, () -> said.add("drill"));
        schedule.archive();
        cluster.start();
        new Database(installation, cluster).create(BackedUpSystem::passwordOf);
        new Migrations(installation, cluster.primary().jdbcUrl(Database.NAME), BackedUpSystem::passwordOf).migrateAll();
        EncryptionKey.claim(client());
    }

    int drillPort() {
        return ports.get(3);
    }

    StoreClient client() {
        return new StoreClient(settings.store());
    }

    BackupTool tool() {
        return new BackupTool(cluster.account(), settings.postgres().resolve("backup"), settings.store());
    }

    /** Starts the store again with this key. */
    void restartStoreWithKey(String key) {
        store.stop();
        store = store(key);
        store.start();
    }

    void stopStore() {
        store.stop();
    }

    void startStore() {
        store.start();
    }

    /** The folder of the vault's encrypted objects. */
    Path vault() {
        return folder.resolve("s3/vault").resolve(BackupStore.BUCKET);
    }

    /** A drill's result, without a service. */
    DrillRecord drill(long seed) {
        new Drill(settings, folder.resolve("drill"), drillPort(), Optional.empty(), said::add).run(seed);
        List<DrillRecord> records = new DrillHistory(settings.home()).records();
        return records.get(records.size() - 1);
    }

    void execute(String... statements) throws SQLException {
        try (Connection connection = cluster.superuser(Database.NAME);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static String says(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }

    /** The server's time, which moments are named by. */
    Instant now() throws SQLException {
        try (Connection connection = cluster.superuser(Database.NAME);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT clock_timestamp()")) {
            result.next();
            return result.getTimestamp(1).toInstant();
        }
    }

    /** Returns when the server's clock has gone on by this much: two commits are told apart by their times. */
    void letPass(Duration time) throws SQLException {
        Instant end = now().plus(time);
        Waiting.until(time.plusSeconds(10), () -> {
            try {
                return now().isAfter(end);
            } catch (SQLException e) {
                return false;
            }
        });
    }

    /** A heartbeat in the archive: every moment until now can be restored. */
    void archiveEverything() throws SQLException {
        try (Connection primary = settings.primary()) {
            Moments.reachNow(client(), primary);
        }
    }

    /** The server that was restored into this folder of the system's. */
    RestoredServer restored(String name) {
        return new RestoredServer(
                installation, folder.resolve(name), settings.programs(), settings.logs(), drillPort(), PASSWORD);
    }

    private S3Store store(String key) {
        return new S3Store(
                installation,
                new S3Store.Options(
                        folder.resolve("s3"), folder.resolve("logs"), ports.get(2), "services", "another-secret"),
                Optional.of(new S3Store.Vault(BackupStore.BUCKET, "backups", STORE_SECRET, key, "salt of a test")));
    }

    private static String passwordOf(String role) {
        return "password of " + role;
    }

    @Override
    public void close() {
        schedule.stop();
        cluster.stop();
        store.stop();
        TestFolder.delete(folder);
    }
}
