package daftar.local.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.StartFailure;
import daftar.local.postgres.Database;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Backups, restores and drills of one small cluster with all five slices, by the real tool into the real store. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BackupTest {
    private static final UUID KEPT = UUID.fromString("00000000-0000-4000-8000-000000000001");
    private static final UUID ERASED = UUID.fromString("00000000-0000-4000-8000-000000000002");

    private static BackedUpSystem system;
    private static Instant beforeTheDelete;

    /** A backup, then rows of two persons, then an erasure and a mistake: every test looks back on this. */
    @BeforeAll
    static void history() throws SQLException {
        Tool.assumeInstalled();
        system = new BackedUpSystem("backup");
        system.schedule.look();
        system.execute(
                "INSERT INTO identity.users (id, email) VALUES ('" + KEPT + "', 'kept@example.org'), ('" + ERASED
                        + "', 'erased@example.org')",
                "INSERT INTO consent.guardian_consents (user_id, guardian_email, consent_type, consent_given, legal_text_hash)"
                        + " VALUES ('" + ERASED + "', 'guardian@example.org', 'learning', true, repeat('a', 64))",
                "SELECT usage.ensure_usage_logs_partition(now()::date)",
                "INSERT INTO usage.usage_logs (user_id, session_id, service_name, tokens_used) SELECT '" + KEPT
                        + "', gen_random_uuid(), 'chat', 7 FROM generate_series(1, 1000)",
                "INSERT INTO usage.usage_logs (user_id, session_id, service_name, tokens_used) VALUES ('" + ERASED
                        + "', gen_random_uuid(), 'chat', 7)");
        system.schedule.beat();
        system.letPass(Duration.ofSeconds(2));
        beforeTheDelete = system.now();
        system.letPass(Duration.ofMillis(50));
        system.execute("DELETE FROM usage.usage_logs");
        new ErasureLedger(system.client()).append(new ErasureLedger.Entry(ERASED, system.now()));
        system.archiveEverything();
    }

    @AfterAll
    static void stop() {
        if (system != null) {
            system.close();
        }
    }

    @Test
    void restoresToTheMomentBeforeAMistakeAndErasesAgainWhoWasErasedSince() throws SQLException {
        RestoredDatabase restored = new RestoredDatabase(
                system.settings, system.folder.resolve("restored"), system.drillPort(), system.said::add);
        try {
            assertTrue(restored.restore(Optional.of(beforeTheDelete)), () -> String.join("\n", system.said));
            try (Connection connection = system.restored("restored").superuser(Database.NAME)) {
                assertEquals("1000", BackedUpSystem.says(connection, "SELECT count(*) FROM usage.usage_logs"));
                assertEquals("7000", BackedUpSystem.says(connection, "SELECT sum(tokens_used) FROM usage.usage_logs"));
                assertEquals("0", BackedUpSystem.says(connection, "SELECT count(*) FROM consent.guardian_consents"));
                assertEquals(
                        ERASED + "@erased.invalid",
                        BackedUpSystem.says(
                                connection, "SELECT email FROM identity.users WHERE id = '" + ERASED + "'"));
                assertEquals(
                        "off", BackedUpSystem.says(connection, "SHOW archive_mode"), "it leaves the archive alone");
            }
            try (Connection connection = system.settings.primary()) {
                assertEquals(
                        "0",
                        BackedUpSystem.says(connection, "SELECT count(*) FROM usage.usage_logs"),
                        "nothing else changed");
            }
        } finally {
            restored.drop();
        }
        assertFalse(Files.exists(system.folder.resolve("restored")));
    }

    @Test
    void refusesAMomentThatCannotBeRestoredAndNamesThoseThatCan() {
        RestoredDatabase restored = new RestoredDatabase(
                system.settings, system.folder.resolve("restored"), system.drillPort(), system.said::add);
        for (Instant moment :
                List.of(Instant.parse("2020-01-01T00:00:00Z"), Instant.now().plusSeconds(3600))) {
            StartFailure refused = assertThrows(StartFailure.class, () -> restored.restore(Optional.of(moment)));
            assertTrue(
                    refused.getMessage()
                            .matches("The database can be restored to any moment from \\S+Z to \\S+Z, not to " + moment
                                    + "\\."),
                    refused::getMessage);
        }
        restored.drop();
    }

    @Test
    void drillPassesRecordsWhatItMeasuredAndLeavesNothingBehind() throws SQLException {
        DrillRecord record = system.drill(1);

        assertEquals("", record.reason());
        assertTrue(record.passed());
        assertTrue(record.rpoSeconds() >= 0 && record.rpoSeconds() < 300, () -> "RPO " + record.rpoSeconds());
        assertTrue(record.rtoSeconds() > 0 && record.rtoSeconds() < 900, () -> "RTO " + record.rtoSeconds());
        assertTrue(record.backupBytes() > 0);
        assertFalse(Files.exists(system.folder.resolve("drill")));
        assertEquals(
                1, system.client().list("drills/" + record.startedAt()).size(), "the history outlives the machine");
        system.schedule.look();
        assertTrue(
                system.schedule.metricsText().contains("daftar_restore_drill_last_passed 1.000"),
                system.schedule::metricsText);
    }

    @Test
    void drillFailsForAMissingSegmentOfTheLog() throws Exception {
        List<Path> segments = segments();
        Path missing = segments.get(segments.size() - 2);
        Path aside = system.folder.resolve("aside");
        Files.move(missing, aside);
        try {
            assertFails("The archive lacks the segment "
                    + missing.getFileName().toString().substring(0, 24));
        } finally {
            Files.move(aside, missing);
        }
    }

    @Test
    void drillFailsForAFlippedByteInTheBackup() throws Exception {
        Path data = objects("base").stream()
                .filter(file -> file.getFileName().toString().startsWith("data.tar"))
                .findFirst()
                .orElseThrow();
        flipped(data, () -> assertFails("is not what was written: its checksum differs"));
    }

    @Test
    void drillFailsForAFlippedByteInTheLog() throws Exception {
        String first = backups().get(backups().size() - 1).beginWal();
        Path needed = segments().stream()
                .filter(file -> file.getFileName().toString().startsWith(first))
                .findFirst()
                .orElseThrow();
        flipped(needed, () -> assertFails("The archive does not lead to the moment"));
    }

    @Test
    void drillFailsForAWrongKey() {
        system.restartStoreWithKey("not the key of a test");
        try {
            assertFails("The store decrypts with a wrong key");
            assertThrows(
                    StartFailure.class, () -> EncryptionKey.claim(system.client()), "nothing is added under it either");
        } finally {
            system.restartStoreWithKey(BackedUpSystem.KEY);
        }
    }

    @Test
    void verificationTellsMissingRowsBrokenReferencesAndLateCommits() throws SQLException {
        system.execute(
                "INSERT INTO backup.censuses VALUES (now(), 'identity.users', '{\"rows\": 1000000}', 0)",
                "SET session_replication_role = replica",
                "INSERT INTO identity.credentials VALUES (gen_random_uuid(), '$argon2id$v=19$', now())");
        system.letPass(Duration.ofMillis(1100));
        try (Connection restored = system.cluster.superuser(Database.NAME)) {
            List<String> failed = new Verification(restored, Optional.empty(), system.now())
                    .run().stream()
                            .filter(check -> !check.passed())
                            .map(Check::name)
                            .toList();
            assertEquals(List.of("rows_and_sums", "foreign_keys"), failed);
            Check late = new Verification(restored, Optional.empty(), beforeTheDelete.minusSeconds(60))
                    .run()
                    .get(0);
            assertFalse(late.passed(), late::detail);
        } finally {
            system.execute(
                    "DELETE FROM identity.credentials",
                    "DELETE FROM backup.censuses WHERE totals @> '{\"rows\": 1000000}'");
        }
    }

    @Test
    void theLogWaitsWhileTheStoreIsAwayAndTheMetricsSaySo() throws Exception {
        system.stopStore();
        try {
            switchSegment();
            assertTrue(
                    Waiting.until(Duration.ofSeconds(60), () -> {
                        system.schedule.beat();
                        return metric("daftar_wal_archive_failed_total") > 0
                                && metric("daftar_wal_archive_waiting_segments") > 0;
                    }),
                    system.schedule::metricsText);
        } finally {
            system.startStore();
        }
        switchSegment();
        assertTrue(
                Waiting.until(Duration.ofSeconds(90), () -> {
                    system.schedule.beat();
                    return metric("daftar_wal_archive_waiting_segments") == 0;
                }),
                "nothing is lost");
        assertEquals(
                Optional.empty(),
                WalArchive.of(system.client()).firstMissing(backups().get(0).beginWal()));
    }

    @Test
    void bytesInTheStoreAreEncrypted() throws IOException {
        Path info = objects("base").stream()
                .filter(file -> file.getFileName().toString().startsWith("backup.info"))
                .findFirst()
                .orElseThrow();
        assertFalse(Files.readString(info, StandardCharsets.ISO_8859_1).contains("backup"));
        String key = BackupStore.key("base/" + backups().get(0).id() + "/backup.info");
        assertTrue(new String(system.client().get(key).orElseThrow(), StandardCharsets.UTF_8).contains("backup"));
    }

    @Test
    void aYoungBackupIsNotMadeAgain() {
        new DrillHistory(system.settings.home()).add(drilled(true));
        int before = backups().size();
        system.schedule.look();
        assertEquals(before, backups().size());
    }

    /** A table that somebody adds is erased, or says here why not. */
    @Test
    void everyTableWithPersonalColumnsHasAnEraser() throws SQLException {
        // partitions go with their table, redrives with their dead letters
        try (Connection connection = system.cluster.superuser(Database.NAME);
                Statement statement = connection.createStatement();
                ResultSet tables = statement.executeQuery("""
                        SELECT DISTINCT n.nspname || '.' || c.relname
                        FROM pg_attribute a
                        JOIN pg_class c ON c.oid = a.attrelid
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
                          AND n.nspname IN ('identity', 'consent', 'analytics', 'usage', 'billing')
                          AND (a.attname = 'user_id' OR col_description(c.oid, a.attnum) LIKE 'gdpr:%')""")) {
            List<String> without = new ArrayList<>();
            while (tables.next()) {
                if (!Pattern.compile("\\b" + tables.getString(1) + "\\b")
                        .matcher(Erasure.script())
                        .find()) {
                    without.add(tables.getString(1));
                }
            }
            assertEquals(List.of(), without, "erasers.sql does not say how a person leaves these");
        }
    }

    /** Last, for it deletes what the others look back on. */
    @Test
    @Order(Integer.MAX_VALUE)
    void retentionDeletesWhatNoMomentOfTheLast35DaysNeeds() {
        int before = backups().size();
        new DrillHistory(system.settings.home()).add(drilled(false));
        system.schedule.look();
        List<Backup> made = backups();
        assertEquals(before + 1, made.size(), "after a failed drill there is another one at once");
        Backup oldest = made.get(0);
        Backup older = made.get(1);
        age(oldest, 80);
        age(older, 40);
        ErasureLedger ledger = new ErasureLedger(system.client());
        ledger.append(new ErasureLedger.Entry(KEPT, Instant.now().minus(Duration.ofDays(43))));

        system.schedule.tidy();

        List<String> needed = made.stream().skip(1).map(Backup::id).toList();
        assertEquals(needed, backups().stream().map(Backup::id).toList(), "the second is needed for 35 days ago");
        assertEquals(List.of(), system.client().list(oldest.prefix()));
        assertEquals(
                needed.stream().map(id -> "checksums/" + id + ".sha256").toList(),
                system.client().list("checksums/").stream()
                        .map(StoreClient.Stored::key)
                        .toList());
        assertEquals(
                Optional.of(older.beginWal()),
                WalArchive.of(system.client()).oldest(),
                "the log that only the deleted one needed is gone");
        assertEquals(
                List.of(ERASED),
                ledger.entries().stream().map(ErasureLedger.Entry::userId).toList());
    }

    private static DrillRecord drilled(boolean passed) {
        return new DrillRecord(
                Instant.now().plusSeconds(1), passed, "", 0, Instant.EPOCH, "", 0, 0, 0, 0, 0, List.of());
    }

    /** Lets a backup look as if it had been made so many days earlier. */
    private static void age(Backup backup, int days) {
        String key = backup.prefix() + "backup.info";
        String info = new String(system.client().get(key).orElseThrow(), StandardCharsets.UTF_8);
        Matcher times = Pattern.compile("(?m)^(begin_time|end_time)=(\\d{4}-\\d\\d-\\d\\d)")
                .matcher(info);
        String aged = times.replaceAll(
                time -> time.group(1) + "=" + LocalDate.parse(time.group(2)).minusDays(days));
        assertNotEquals(info, aged);
        system.client().put(key, aged.getBytes(StandardCharsets.UTF_8));
    }

    private static List<Backup> backups() {
        return system.tool().backups();
    }

    private static void assertFails(String reason) {
        DrillRecord record = system.drill(1);
        assertFalse(record.passed());
        assertTrue(record.reason().contains(reason), record::reason);
        assertFalse(Files.exists(system.folder.resolve("drill")), "torn down");
    }

    private static List<Path> objects(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(system.vault().resolve("postgres/daftar/" + folder))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<Path> segments() throws IOException {
        return objects("wals").stream()
                .filter(file -> file.getFileName().toString().matches("[0-9A-F]{24}\\.gz.*"))
                .toList();
    }

    /** Flips a byte in the middle of the file, does something, and flips it back. */
    private static void flipped(Path file, Runnable deed) throws IOException {
        flip(file);
        try {
            deed.run();
        } finally {
            flip(file);
        }
    }

    private static void flip(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, channel.size() / 2);
            one.put(0, (byte) (one.get(0) ^ 1)).flip();
            channel.write(one, channel.size() / 2);
        }
    }

    private static void switchSegment() throws SQLException {
        try (Connection primary = system.settings.primary()) {
            Heartbeats.beat(primary);
            BackedUpSystem.says(primary, "SELECT pg_switch_wal()");
        }
    }

    private static double metric(String name) {
        return system.schedule
                .metricsText()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }
}
