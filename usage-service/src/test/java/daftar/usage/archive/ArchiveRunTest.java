package daftar.usage.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.usage.archive.ArchiveProgress.Point;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The way of a month from the database into the archive, whatever happens on it. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ArchiveRunTest {

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final UUID another = stack.newUser();
    private final Archiver archiver;
    private final MeterRegistry meters;

    @Inject
    ArchiveRunTest(Archiver archiver, MeterRegistry meters) {
        this.archiver = archiver;
        this.meters = meters;
    }

    @Test
    void theRowsLeaveTheDatabaseAndAreAllInTheArchive() throws IOException {
        ArchivedMonth month = month("2018-01");
        for (int i = 1; i <= 14; i++) {
            month.used(i % 2 == 0 ? user : another, i, i);
        }
        List<Map<String, Object>> before = month.logged();

        month.archive();

        assertEquals(List.of(), month.logged());
        assertEquals(List.of(), month.tables());
        assertEquals(List.of("1 dropped 1"), month.parts());
        assertEquals(3, month.files().size(), "tests put five rows into a file");
        month.restore().statusCode(200);
        assertEquals(before, month.restored());
        assertEquals(List.of(), leftBehind());
    }

    /** Rows that no event leaves, but that the schema document allows. */
    @Test
    void rowsWithoutUserOrNumbersAreArchivedToo() {
        ArchivedMonth month = month("2018-02");
        month.used(user, 1, 1);
        stack.execute(
                "usage_owner",
                "INSERT INTO usage_logs (session_id, service_name, tokens_used, speech_seconds, cost_usd,"
                        + " \"timestamp\") VALUES (?, 'x', NULL, NULL, NULL, '2018-02-28 23:59:59.999999')",
                user);
        List<Map<String, Object>> before = month.logged();

        month.archive();
        month.restore().statusCode(200);

        assertEquals(before, month.restored());
    }

    @Test
    void theFilesSayNothingOfAPerson() throws IOException {
        ArchivedMonth month = month("2018-03");
        month.used(user, 123_456_789, 1);
        month.archive();

        for (Path file : month.files()) {
            String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            for (String personal : List.of("tutor", "123456789", "model", user.toString(), raw(user))) {
                assertFalse(bytes.contains(personal), personal);
            }
        }
    }

    /** Another run goes on where one was killed: after each of the points, as a process that is gone leaves things. */
    @ParameterizedTest
    @EnumSource(Point.class)
    void aRunThatIsKilledIsFinishedByTheNext(Point point) {
        ArchivedMonth month =
                month("2019-%02d".formatted(List.of(Point.values()).indexOf(point) + 1));
        for (int i = 1; i <= 7; i++) {
            month.used(user, i, i);
        }
        List<Map<String, Object>> before = month.logged();
        QuarkusMock.installMockForType(
                at(point, () -> {
                    throw new Killed();
                }),
                ArchiveProgress.class);
        assertKilled(month);
        if (point.compareTo(Point.VERIFIED) < 0) {
            assertEquals(before, month.logged(), "nothing is destroyed before it is verified");
        }
        QuarkusMock.installMockForType(new ArchiveProgress(), ArchiveProgress.class);

        month.archive();

        assertEquals(List.of("1 dropped 1"), month.parts());
        assertEquals(List.of(), month.tables());
        assertEquals(2, month.files().size());
        assertEquals(28, month.counted(user));
        month.restore().statusCode(200);
        assertEquals(before, month.restored());
        assertEquals(List.of(), leftBehind());
    }

    @Test
    void whatAKilledRunLeftOnDiskIsDeletedByTheNext() throws IOException {
        Path left = Files.createDirectories(Path.of("target/usage-archive/part-left"));
        Files.writeString(left.resolve("rows.duckdb"), "x");

        month("2018-04").archive();

        assertEquals(List.of(), leftBehind());
    }

    @Test
    void aFlippedByteInTheStoreIsFoundBeforeAnythingIsDropped() {
        ArchivedMonth month = month("2018-05");
        for (int i = 1; i <= 7; i++) {
            month.used(user, i, i);
        }
        List<Map<String, Object>> before = month.logged();
        double failures = failures();
        QuarkusMock.installMockForType(
                at(Point.UPLOADED, () -> flipAByte(month.files().get(1))), ArchiveProgress.class);

        month.archive();

        assertEquals(failures + 1, failures());
        assertEquals(List.of("1 dropped 2"), month.parts());
        assertEquals(2, month.files().size(), "the damaged files are gone");
        month.restore().statusCode(200);
        assertEquals(before, month.restored());
    }

    @Test
    void aDamageThatStaysKeepsTheRowsWhereTheyAre() {
        ArchivedMonth month = month("2018-06");
        month.used(user, 1, 1);
        List<Map<String, Object>> before = month.logged();
        QuarkusMock.installMockForType(
                new ArchiveProgress() {
                    @Override
                    void passed(Part part, Point point) {
                        if (point == Point.UPLOADED) {
                            month.files().forEach(ArchiveRunTest::flipAByte);
                        }
                    }
                },
                ArchiveProgress.class);

        month.archive();

        assertEquals(before, month.logged());
        assertTrue(
                month.parts().get(0).startsWith("1 sealed "),
                () -> month.parts().toString());
    }

    @ParameterizedTest
    @EnumSource(names = {"SEALED", "EXPORTED", "UPLOADED", "COMPARED", "VERIFIED"})
    void anEventThatComesLateDuringTheArchiveIsArchivedWithTheRest(Point point) {
        ArchivedMonth month =
                month("2020-%02d".formatted(List.of(Point.values()).indexOf(point) + 1));
        month.used(user, 1, 1);
        QuarkusMock.installMockForType(at(point, () -> month.used(user, 2, 2)), ArchiveProgress.class);

        month.archive();

        assertEquals(List.of(), month.tables());
        assertEquals(List.of(2, 1), month.listed(user, 100));
        assertEquals(3, month.counted(user));
        assertEquals(1, month.parts().size());
    }

    @ParameterizedTest
    @EnumSource(names = {"OUT_OF_USAGE_LOGS", "DETACHED", "COMPARED_AGAIN", "DROPPED"})
    void anEventThatComesLateAfterwardsMakesAFurtherPart(Point point) {
        ArchivedMonth month =
                month("2017-%02d".formatted(List.of(Point.values()).indexOf(point) + 1));
        month.used(user, 1, 1);
        QuarkusMock.installMockForType(at(point, () -> month.used(user, 2, 2)), ArchiveProgress.class);

        month.archive();
        assertEquals(List.of("1 dropped 1"), month.parts());
        assertEquals(1, month.logged().size());
        assertEquals(List.of(2, 1), month.listed(user, 100));

        month.archive();
        assertEquals(List.of("1 dropped 1", "2 dropped 1"), month.parts());
        assertEquals(List.of(), month.logged());
        assertEquals(List.of(2, 1), month.listed(user, 100));
        assertEquals(3, month.counted(user));
    }

    @Test
    void aDetachmentThatWasBrokenOffIsFinishedByTheNextRun() {
        ArchivedMonth month = month("2018-07");
        month.used(user, 1, 1);
        QuarkusMock.installMockForType(
                at(Point.VERIFIED, () -> breakOffDetaching("usage_logs_y2018m07")), ArchiveProgress.class);

        month.archive();

        assertEquals(List.of("1 dropped 1"), month.parts());
        assertEquals(List.of(1), month.listed(user, 100));
    }

    @Test
    void aDetachmentThatWasBrokenOffDoesNotKeepLateEventsWaiting() {
        ArchivedMonth month = month("2018-08");
        month.used(user, 1, 1);
        QuarkusMock.installMockForType(
                at(Point.VERIFIED, () -> {
                    breakOffDetaching("usage_logs_y2018m08");
                    throw new Killed();
                }),
                ArchiveProgress.class);
        assertKilled(month);

        month.used(user, 2, 2);

        assertEquals(1, month.logged().size());
        assertEquals(List.of(2, 1), month.listed(user, 100));
        QuarkusMock.installMockForType(new ArchiveProgress(), ArchiveProgress.class);
        month.archive();
        month.archive();
        assertEquals(List.of("1 dropped 1", "2 dropped 1"), month.parts());
        assertEquals(List.of(2, 1), month.listed(user, 100));
    }

    @Test
    void whileTheStoreIsAwayNothingIsLostAndTheNextRunGoesOn() {
        ArchivedMonth month = month("2018-09");
        month.used(user, 1, 1);
        double failures = failures();
        stack.s3().kill();
        try {
            month.archive();
        } finally {
            stack.s3().start();
        }
        assertEquals(failures + 1, failures());
        assertEquals(1, month.logged().size());
        assertEquals(List.of("1 sealed 1"), month.parts());

        month.archive();
        assertEquals(List.of("1 dropped 1"), month.parts());
    }

    @Test
    void twoRunsAtATimeAreOne() throws SQLException {
        ArchivedMonth month = month("2018-10");
        month.used(user, 1, 1);
        try (Connection other = stack.connect("usage_owner");
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(hashtextextended('usage.archive', 0))");
            month.archive();
            assertEquals(List.of(), month.parts());
        }
        month.archive();
        assertEquals(List.of("1 dropped 1"), month.parts());
    }

    private ArchivedMonth month(String month) {
        return new ArchivedMonth(stack, archiver, month);
    }

    private double failures() {
        return meters.counter(Archiver.FAILURES).count();
    }

    private static void assertKilled(ArchivedMonth month) {
        Throwable end = assertThrows(Throwable.class, month::archive);
        assertTrue(end instanceof Killed || end.getCause() instanceof Killed, end::toString);
    }

    /** Does something, once, when a part passes the point. */
    private static ArchiveProgress at(Point wanted, Runnable deed) {
        return new ArchiveProgress() {
            private boolean done;

            @Override
            void passed(Part part, Point point) {
                if (point == wanted && !done) {
                    done = true;
                    deed.run();
                }
            }
        };
    }

    /** Its first transaction commits, its second waits for an older one and is cancelled: as after a kill -9 in between. */
    private void breakOffDetaching(String partition) {
        try (Connection reader = stack.connect("usage_app");
                Statement reading = reader.createStatement();
                Connection owner = stack.connect("usage_owner");
                Statement detaching = owner.createStatement()) {
            reader.setAutoCommit(false);
            reading.execute("SELECT count(*) FROM usage_logs");
            detaching.execute("SET lock_timeout = '200ms'");
            assertThrows(
                    SQLException.class,
                    () -> detaching.execute("ALTER TABLE usage_logs DETACH PARTITION " + partition + " CONCURRENTLY"));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        assertEquals(
                1,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM pg_inherits WHERE inhrelid = ?::regclass AND inhdetachpending",
                        partition));
    }

    private static void flipAByte(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 3] ^= 1;
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> leftBehind() {
        try (Stream<Path> files = Files.list(Path.of("target/usage-archive"))) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String raw(UUID id) {
        return new String(
                java.nio.ByteBuffer.allocate(16)
                        .putLong(id.getMostSignificantBits())
                        .putLong(id.getLeastSignificantBits())
                        .array(),
                StandardCharsets.ISO_8859_1);
    }

    /** What kill -9 is to a run: no code of ours catches it. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }
}
