package daftar.acceptance;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.MetricsTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The main job, end to end, by the commands of README.md: usage flows in and comes out as a balance and a bill. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MainJobTest {

    static final List<String> SERVICES = List.of("identity", "consent", "analytics", "billing", "usage");

    private static LocalSystem system;
    private static Traffic traffic;

    @BeforeAll
    static void everythingIsUp() {
        traffic = Traffic.find();
        system = new LocalSystem();
        LocalSystem.Outcome up = system.up("--detach");
        System.out.println(up.output());
        assertEquals(0, up.exitCode(), up.output());
    }

    @AfterAll
    static void nothingIsLeft() throws IOException {
        LocalSystem.Outcome down = system.down();
        assertEquals(0, down.exitCode(), down.output());
        assertEquals(List.of(), system.processes(), "every started process is stopped");
        system.close();
    }

    @Test
    @Order(1)
    void everyServiceIsReadyAndServesItsProbesMetricsAndApiDocument() {
        for (String service : SERVICES) {
            for (String probe : List.of("live", "ready", "started")) {
                given().get(system.management(service) + "/q/health/" + probe)
                        .then()
                        .statusCode(200)
                        .body("status", equalTo("UP"));
            }
            MetricsTable.check(service, system.management(service));
            given().get(system.api(service) + "/q/openapi").then().statusCode(200);
            given().get(system.api(service) + "/q/swagger-ui/").then().statusCode(200);
        }
    }

    @Test
    @Order(2)
    void theServicesGiveWayToTheDatabaseAndTheBroker() throws IOException {
        int database = niceness("postgres-primary");
        assertEquals(database, niceness("postgres-replica"));
        assertEquals(database, niceness("kafka"));
        for (String service : SERVICES) {
            assertEquals(Math.min(19, database + 5), niceness(service), service);
        }
    }

    /** A heap that grows by need stays at what is alive between two batches, and copies each batch several times. */
    @Test
    @Order(2)
    void eachServiceHasItsHeapFromTheBeginning() {
        for (String service : SERVICES) {
            String metrics = given().get(system.management(service) + "/q/metrics")
                    .then()
                    .statusCode(200)
                    .extract()
                    .asString();
            assertEquals(heap(metrics, "jvm_memory_max_bytes"), heap(metrics, "jvm_memory_committed_bytes"), service);
        }
    }

    private static double heap(String metrics, String name) {
        List<String> pools = metrics.lines()
                .filter(line -> line.startsWith(name + "{") && line.contains("area=\"heap\""))
                .toList();
        assertFalse(pools.isEmpty(), name);
        return pools.stream()
                .mapToDouble(pool -> Double.parseDouble(pool.substring(pool.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** The 19th field of proc(5)'s stat; the second, the command in parentheses, may hold blanks. */
    private static int niceness(String part) throws IOException {
        String stat = Files.readString(
                Path.of("/proc", Long.toString(system.process(part).pid()), "stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    }

    @Test
    @Order(2)
    void aSecondUpSaysThatItIsRunning() {
        LocalSystem.Outcome second = system.up("--detach");
        assertEquals(0, second.exitCode(), second.output());
        assertTrue(second.output().contains("running"), second.output());
    }

    @Test
    @Order(3)
    void everyRowOfTheTrafficIsCountedOnceInUsageAndInBilling() throws SQLException {
        LocalSystem.Outcome replay = system.replay(traffic.file());
        System.out.println(replay.output());
        assertEquals(0, replay.exitCode(), replay.output());
        booksEqualTheFile();
    }

    @Test
    @Order(4)
    void theReplicaHasItToo() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> query(true, "usage_owner", "SELECT count(*), sum(tokens_used) FROM usage.usage_logs")
                        .equals(traffic.rows() + " | " + traffic.tokens()));
    }

    @Test
    @Order(5)
    void replayingItAgainChangesNothing() throws SQLException {
        LocalSystem.Outcome replay = system.replay(traffic.file());
        assertEquals(0, replay.exitCode(), replay.output());
        booksEqualTheFile();
        assertEquals("0", query(false, "usage_owner", "SELECT count(*) FROM usage.dead_letters"));
        assertEquals("0", query(false, "billing_owner", "SELECT count(*) FROM billing.dead_letters"));
    }

    @Test
    @Order(6)
    void logsHoldNoPersonalData() throws IOException, SQLException {
        PersonalTraffic traffic = new PersonalTraffic(system);
        traffic.send();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> query(false, "billing_owner", "SELECT count(*) FROM billing.dead_letters")
                                .equals("2")
                        && query(false, "usage_owner", "SELECT count(*) FROM usage.dead_letters")
                                .equals("2"));
        Logs logs = new Logs(system.logs());
        logs.hold(List.of("duplicate key value violates unique constraint"));
        logs.holdNone(traffic.secrets());
        logs.holdNone(List.of("@replay.daftar", "@daftar.localhost", "argon2id", "bearer ey"));
        SERVICES.forEach(service -> logs.areJsonThatNamesTheRequest(service, PersonalTraffic.CORRELATION_ID));
    }

    @Test
    @Order(7)
    void dataSurvivesARestart() throws SQLException {
        assertEquals(0, system.down().exitCode());
        assertEquals(List.of(), system.processes());
        LocalSystem.Outcome up = system.up("--detach");
        assertEquals(0, up.exitCode(), up.output());
        booksEqualTheFile();
    }

    private static void booksEqualTheFile() throws SQLException {
        String file = traffic.rows() + " | " + traffic.tokens();
        assertEquals(file, query(false, "usage_owner", "SELECT count(*), sum(tokens_used) FROM usage.usage_logs"));
        assertEquals(
                file, query(false, "billing_owner", "SELECT sum(events), sum(tokens_used) FROM billing.usage_totals"));
    }

    private static String query(boolean replica, String role, String sql) throws SQLException {
        try (Connection connection = system.connect(role, replica)) {
            return Slices.query(connection, sql).get(0);
        }
    }
}
