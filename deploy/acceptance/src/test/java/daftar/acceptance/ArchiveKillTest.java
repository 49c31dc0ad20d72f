package daftar.acceptance;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.http.ContentType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Usage-service is killed again and again while it archives a month: no row is lost and none is there twice. Which step a
 * kill meets is up to the machine, it follows the log by some milliseconds; {@code ArchiveRunTest} of usage-service breaks
 * a run off at every point exactly.
 */
class ArchiveKillTest {

    /** As usage-service's log names what it has just done; no more than the launcher starts a part again. */
    private static final List<String> KILLED_AFTER =
            List.of("SEALED", "EXPORTED", "FILES_STORED", "VERIFIED", "OUT_OF_USAGE_LOGS");

    private static YearMonth month;
    private static final int ROWS = 60_000;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static LocalSystem system;

    /** Rows of the month: their number and sums, and a digest of all ids and times. */
    private record Contents(long rows, long tokens, String digest) {}

    @BeforeAll
    static void everythingIsUp() throws SQLException {
        system = new LocalSystem();
        month = YearMonth.now(ZoneOffset.UTC).minusMonths(15);
        LocalSystem.Outcome up = system.up("--detach", "--services", "identity,usage");
        assertEquals(0, up.exitCode(), up.output());
        execute("SELECT ensure_usage_logs_partition('" + month.atDay(1) + "')");
        execute("""
                INSERT INTO usage_logs (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd)
                SELECT gen_random_uuid(), u.id, u.id, 'chat', n, n %% 60, timestamp '%s' + n * interval '40 seconds', 0.001
                FROM generate_series(1, %d) AS n
                CROSS JOIN (SELECT id FROM identity.users LIMIT 1) AS u""".formatted(month.atDay(1), ROWS));
        execute("INSERT INTO usage_event_keys (id) SELECT id FROM usage_logs");
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        system.close();
    }

    @Test
    void aRunThatIsKilledAgainAndAgainIsFinishedByTheNext() throws SQLException {
        Contents before = contents("usage_logs");
        assertEquals(ROWS, before.rows());

        for (String point : KILLED_AFTER) {
            long lines = linesOf(point);
            begin();
            Awaitility.await(point)
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> linesOf(point) > lines || isDropped());
            system.process("usage").kill();
            awaitReady();
        }
        begin();
        Awaitility.await("the month has gone").atMost(LIMIT).until(ArchiveKillTest::isDropped);

        assertEquals(0, contents("usage_logs").rows());
        assertEquals(0, number("SELECT count(*) FROM pg_catalog.pg_inherits WHERE inhdetachpending"));
        assertEquals(ROWS, number("SELECT count(*) FROM usage_event_keys"), "an id counts once and for ever");
        restore();
        assertEquals(before, contents("usage_logs_restored"));
    }

    private static void begin() {
        given().auth()
                .oauth2(Logins.administrator(system))
                .contentType(ContentType.JSON)
                .body(Map.of("month", month.toString()))
                .post(system.api("usage") + "/v1/usage-archives")
                .then()
                .statusCode(202);
    }

    private static void restore() {
        given().auth()
                .oauth2(Logins.administrator(system))
                .contentType(ContentType.JSON)
                .body(Map.of())
                .post(system.api("usage") + "/v1/usage-archives/" + month + "/restorations")
                .then()
                .statusCode(200);
    }

    private static boolean isDropped() throws SQLException {
        return number("SELECT count(*) FROM usage_archives WHERE state = 'dropped'") == 1;
    }

    private static void awaitReady() {
        Awaitility.await("usage-service runs again")
                .atMost(LIMIT)
                .ignoreExceptions()
                .until(() -> given().get(system.management("usage") + "/q/health/ready")
                                .statusCode()
                        == 200);
    }

    private static long linesOf(String point) {
        try (var lines = Files.lines(system.logs().resolve("usage.log"))) {
            return lines.filter(line -> line.contains("archive of") && line.contains(": " + point + "\""))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Connection superuser() throws SQLException {
        Connection connection = system.connect("postgres", false);
        connection.setSchema("usage");
        return connection;
    }

    private static Contents contents(String table) throws SQLException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT count(*),
                               coalesce(sum(l.tokens_used), 0),
                               md5(string_agg(l.id || ' ' || l."timestamp", ',' ORDER BY l.id))
                        FROM %s AS l
                        WHERE date_trunc('month', l."timestamp") = timestamp '%s'""".formatted(table, month.atDay(1)))) {
            row.next();
            return new Contents(row.getLong(1), row.getLong(2), row.getString(3));
        }
    }

    private static long number(String sql) throws SQLException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = superuser();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
