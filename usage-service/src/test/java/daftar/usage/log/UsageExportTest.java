package daftar.usage.log;

import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.kit.problem.Problem;
import daftar.kit.telemetry.Meters;
import daftar.local.postgres.Database;
import daftar.local.postgres.PostgresCluster;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.usage.Rows;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A user's rows as a file, however many they are and however slowly they are taken. */
@QuarkusTest
@WithTestResource(TestStack.class)
class UsageExportTest {

    private static final String PATH = "/v1/users/{user_id}/usage/export";
    private static final String YEAR = "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z";
    private static final int ROWS = 200_000;

    /** What the kernel's buffers of both ends may hold of an export of 30 MB. */
    private static final int MOST_PAGES_UNDER_WAY = 60;

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();
    private final Rows rows = new Rows(stack);
    private final ObjectMapper json = new ObjectMapper();
    private final MeterRegistry meters;

    @Inject
    UsageExportTest(MeterRegistry meters) {
        this.meters = meters;
    }

    @Test
    void aFormatThatItDoesNotKnowIsNotAcceptable() {
        export("image/png", YEAR)
                .then()
                .statusCode(406)
                .contentType("application/problem+json")
                .body("status", equalTo(406));
        export("image/png, application/x-ndjson;q=0.5", YEAR)
                .then()
                .statusCode(200)
                .contentType(startsWith("application/x-ndjson"));
        export("image/png, text/*;q=0.5", YEAR).then().statusCode(200).contentType(startsWith("text/csv"));
    }

    @Test
    void aFileOfCommaSeparatedValuesHasAllRowsOldestFirst() {
        rows.used(user, "tutor", 2, "2026-01-02T00:00:00Z");
        rows.used(user, "=chat, \"new\"", 1, "2026-01-01T00:00:00Z");

        String file = export("*/*", YEAR)
                .then()
                .statusCode(200)
                .contentType(startsWith("text/csv"))
                .header("Content-Disposition", equalTo("attachment; filename=\"usage.csv\""))
                .extract()
                .asString();

        List<String> lines = List.of(file.split("\r\n", -1));
        assertEquals(CsvLine.NAMES.strip(), lines.get(0));
        assertTrue(lines.get(1).contains(",\"'=chat, \"\"new\"\"\",1,2,2026-01-01T00:00:00Z,0.000250,"), file);
        assertTrue(
                lines.get(2).contains(",tutor,2,2,2026-01-02T00:00:00Z,0.000250,,,,,,,,\"{\"\"model\"\": \"\"a\"\"}\""),
                file);
        assertEquals(List.of(""), lines.subList(3, lines.size()));
    }

    @Test
    void aFileOfJsonLinesHasTheRowsOfTheList() throws IOException {
        rows.used(user, "tutor", 1, "2026-01-01T00:00:00Z");
        rows.used(user, "tutor", 2, "2026-01-02T00:00:00Z");

        String file = export("application/x-ndjson", YEAR)
                .then()
                .statusCode(200)
                .contentType(startsWith("application/x-ndjson"))
                .header("Content-Disposition", containsString("usage.ndjson"))
                .extract()
                .asString();

        List<String> lines = file.lines().toList();
        assertEquals(2, lines.size(), file);
        JsonNode first = json.readTree(lines.get(0));
        assertEquals(1, first.path("tokens_used").asInt());
        assertEquals("0.000250", first.path("cost_usd").asText());
        assertEquals("a", first.path("metadata").path("model").asText());
    }

    @Test
    void anEmptyExportIsAnEmptyFile() {
        assertEquals(
                CsvLine.NAMES,
                export("text/csv", YEAR).then().statusCode(200).extract().asString());
        assertEquals(
                "",
                export("application/x-ndjson", YEAR)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString()
                        .strip());
    }

    @Test
    void whatCannotBeIsRefused() {
        export("text/csv", "?from=x").then().spec(problem(Problem.MALFORMED_REQUEST));
        export("text/csv", "?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")
                .then()
                .spec(problem(Problem.INVALID_INPUT));
        given().auth()
                .oauth2(Tokens.person(stack.newUser()))
                .get(PATH, user)
                .then()
                .spec(problem(Problem.FORBIDDEN));
    }

    @Test
    void aLargeExportIsReadAsFastAsItIsTakenAndIsWhole() throws IOException {
        manyRows();
        double before = pages();

        try (Socket socket = begin();
                BufferedReader lines = reader(socket)) {
            skipHead(lines);
            int read = 0; // rows are numbered in the order of their times
            for (String line = lines.readLine(); read <= ROWS; line = lines.readLine()) {
                assertNotNull(line, "the export ends after " + read + " rows");
                if (line.startsWith("{")) {
                    assertTrue(line.contains("\"tokens_used\":" + (read + 1) + ","), line);
                    read++;
                    double underWay = pages() - before - read / (double) UsageExport.PAGE;
                    assertTrue(underWay <= MOST_PAGES_UNDER_WAY, () -> underWay + " pages were read ahead");
                } else if (line.equals("0")) {
                    break;
                }
            }
            assertEquals(ROWS, read);
        }
    }

    @Test
    void everyPageIsAsFreshAsTheCallersPosition() throws SQLException {
        onReplica("SELECT pg_wal_replay_pause()");
        try {
            rows(3 * UsageExport.PAGE);

            long lines = export("application/x-ndjson", YEAR).asString().lines().count();

            assertEquals(3 * UsageExport.PAGE, lines);
        } finally {
            onReplica("SELECT pg_wal_replay_resume()");
        }
    }

    @Test
    void aCallerWhoGoesAwayEndsTheWork() throws IOException {
        manyRows();
        double before = pages();

        try (Socket socket = begin();
                BufferedReader lines = reader(socket)) {
            skipHead(lines);
            lines.readLine();
        }

        await().until(() -> active() == 0);
        assertTrue(pages() - before < MOST_PAGES_UNDER_WAY, () -> pages() - before + " pages were read");
    }

    @Test
    void anExportThatCannotGoOnIsCutAndDoesNotLookWhole() throws IOException {
        manyRows();

        try (Socket socket = begin();
                BufferedReader lines = reader(socket)) {
            skipHead(lines);
            lines.readLine();
            stack.execute("usage_owner", "REVOKE SELECT ON usage_logs FROM usage_app");
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    assertNotEquals("0", line, "it ends as a whole answer does");
                }
            } catch (java.net.SocketException reset) {
                assertNotNull(reset.getMessage()); // cut as well
            }
        } finally {
            stack.execute("usage_owner", "GRANT SELECT ON usage_logs TO usage_app");
        }
        await().until(() -> active() == 0);
        await().until(() -> export("text/csv", "?from=2026-01-05T00:00:00Z&to=2026-01-05T00:00:01Z")
                        .statusCode()
                == 200);
    }

    private void manyRows() {
        rows(ROWS);
    }

    /** Half a second apart, in one statement. */
    private void rows(int count) {
        stack.query("usage_owner", "SELECT ensure_usage_logs_partition('2026-01-01') AS made");
        stack.execute("usage_owner", """
                INSERT INTO usage_logs (user_id, session_id, service_name, tokens_used, "timestamp")
                SELECT ?, ?, 'tutor', n, timestamp '2026-01-02' + n * interval '0.5 s'
                FROM generate_series(1, ?) AS n
                """, user, user, count);
    }

    private void onReplica(String sql) throws SQLException {
        try (Connection connection =
                        stack.postgres().replica().connect(Database.NAME, PostgresCluster.SUPERUSER, Stack.PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Response export(String accept, String query) {
        return given().auth()
                .oauth2(Tokens.person(user))
                .accept(accept)
                .header("Daftar-Position", rows.position())
                .get(PATH + query, user);
    }

    /** With a small buffer: so that what is not read stays where it is. */
    private Socket begin() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 * 1024);
        socket.setSoTimeout(60_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), stack.servicePort()));
        String request = "GET " + PATH.replace("{user_id}", user.toString()) + YEAR + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Accept: application/x-ndjson\r\nAuthorization: Bearer " + Tokens.person(user) + "\r\n"
                + "Daftar-Position: " + rows.position() + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    private static void skipHead(BufferedReader lines) throws IOException {
        assertEquals("HTTP/1.1 200 OK", lines.readLine());
        String line = lines.readLine();
        while (!line.isEmpty()) {
            assertNull(line.startsWith("content-length") ? line : null);
            line = lines.readLine();
        }
    }

    /** Each page is a read. */
    private double pages() {
        return meters.find(Meters.READS).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private double active() {
        return meters.find("http.server.active.requests").gauges().stream()
                        .mapToDouble(gauge -> gauge.value())
                        .sum()
                + meters.find("http.server.active.requests").longTaskTimers().stream()
                        .mapToDouble(timer -> timer.activeTasks())
                        .sum();
    }

    private static org.awaitility.core.ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(50));
    }
}
