package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.postgres.Database;
import daftar.retention.Schedule;
import daftar.retention.Schedule.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Period;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The services' retention schedules against the tables that there are, the rights that there are, and the published page. */
@ExtendWith(Slices.class)
class RetentionScheduleTest {

    private static final Path ROOT = Installation.find().root();
    private static final Path PAGE = ROOT.resolve("deploy/docs/RETENTION.md");

    /** The page's tables begin here; what stands before is written by hand. */
    private static final String BEGIN = "<!-- from the services' retention.json -->\n";

    static List<String> slices() {
        return Database.SLICES;
    }

    /** A partition is kept as long as its table; Flyway's history is Flyway's. */
    @ParameterizedTest
    @MethodSource("slices")
    void everyTableHasExactlyOneEntry(String slice) throws SQLException {
        try (Connection superuser = Slices.superuser("daftar")) {
            assertEquals(
                    Slices.query(superuser, """
                            SELECT c.relname
                            FROM pg_class AS c
                            WHERE c.relnamespace = ?::regnamespace
                              AND c.relkind IN ('r', 'p')
                              AND NOT c.relispartition
                              AND c.relname <> 'flyway_schema_history'
                            ORDER BY c.relname COLLATE "C\"""", slice),
                    schedule(slice).entries().stream()
                            .map(Entry::table)
                            .sorted()
                            .toList());
        }
    }

    /** As the application: its role may do what the schedule asks of it, and the columns are there. */
    @ParameterizedTest
    @MethodSource("slices")
    void theApplicationMayReadEachClockAndDeleteWhatItsJobDeletes(String slice) throws SQLException {
        try (Connection application = Slices.connect(Database.application(slice))) {
            for (Entry entry : schedule(slice).entries()) {
                if (entry.clock() != null) {
                    String rows = entry.table() + " WHERE " + entry.clock() + " < '1900-01-01'::timestamptz AND ("
                            + (entry.only() == null ? "true" : entry.only()) + ")";
                    Slices.query(application, "SELECT count(*) FROM " + rows);
                    if (entry.by().equals(Entry.JOB)) {
                        Slices.execute(application, "DELETE FROM " + rows);
                    }
                }
            }
        }
    }

    /** Where something with a setting of its own sees to a period, the two say the same. */
    @Test
    void periodsThatAreAlsoSettingsAreTheSame() {
        assertEquals(setting("usage", "daftar.usage.reservations.keep"), period("usage", "usage_reservations"));
        assertEquals(setting("usage", "daftar.usage.archive.after"), period("usage", "usage_logs"));
    }

    /** Sums that an event may still change must not be gone when it comes. */
    @Test
    void whatAnEventChangesIsKeptForLongerThanEventsAreAccepted() {
        long usage = setting("usage", "daftar.usage.accept.oldest").toTotalMonths();
        assertTrue(period("usage", "usage_rollups").toTotalMonths() > usage);
        assertTrue(period("usage", "usage_balances").toTotalMonths() > usage);
        long billing = setting("billing", "daftar.billing.accept.oldest").toTotalMonths();
        assertTrue(period("billing", "usage_totals").toTotalMonths() > billing);
    }

    /** To publish a change, run this test with {@code -Ddaftar.retention.write=true} and read the difference. */
    @Test
    void thePublishedPageSaysWhatTheFilesSay() throws IOException {
        String page = Files.readString(PAGE);
        String expected = page.substring(0, page.indexOf(BEGIN) + BEGIN.length()) + tables();
        if (Boolean.getBoolean("daftar.retention.write")) {
            Files.writeString(PAGE, expected);
            page = expected;
        }
        assertEquals(expected, page, "a schedule changed: see this test");
    }

    private static String tables() {
        StringBuilder text = new StringBuilder();
        for (String slice : Database.SLICES) {
            text.append("\n## ")
                    .append(slice)
                    .append("\n\n| table | purpose | basis | period | action | by |\n|---|---|---|---|---|---|\n");
            for (Entry entry : schedule(slice).entries()) {
                text.append("| `").append(entry.table()).append("` | ");
                text.append(String.join(
                        " | ",
                        entry.purpose(),
                        entry.basis(),
                        period(entry),
                        entry.action().name().toLowerCase(Locale.ROOT),
                        entry.by()));
                text.append(" |\n");
            }
        }
        return text.toString();
    }

    private static String period(Entry entry) {
        String clock = entry.clock() == null ? "" : " after `" + entry.clock() + "`";
        return entry.period() + clock + (entry.only() == null ? "" : ", where `" + entry.only() + "`");
    }

    private static Period period(String slice, String table) {
        return schedule(slice).entries().stream()
                .filter(entry -> entry.table().equals(table))
                .map(entry -> Period.parse(entry.period()))
                .findFirst()
                .orElseThrow();
    }

    private static Schedule schedule(String slice) {
        try (InputStream file = Files.newInputStream(resource(slice, Schedule.RESOURCE))) {
            return Schedule.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Period setting(String slice, String name) {
        Properties settings = new Properties();
        try (Reader file = Files.newBufferedReader(resource(slice, "application.properties"))) {
            settings.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Period.parse(settings.getProperty(name));
    }

    private static Path resource(String slice, String name) {
        return ROOT.resolve(slice + "-service/src/main/resources").resolve(name);
    }
}
