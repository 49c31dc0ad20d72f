package daftar.acceptance;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.acceptance.LocalSystem.Outcome;
import io.restassured.http.ContentType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Backups of the whole system: the drill with a service on the restored database, and a restore put in place. */
class RestoreTest {

    private static final int BEFORE = 2_000;
    private static final int AFTER = 500;

    @BeforeAll
    static void barmanIsInstalled() {
        boolean installed = System.getenv("PATH")
                .lines()
                .flatMap(path -> Pattern.compile(":").splitAsStream(path))
                .anyMatch(folder ->
                        java.nio.file.Files.isExecutable(java.nio.file.Path.of(folder, "barman-cloud-backup")));
        if (System.getenv("CI") != null) {
            assertTrue(installed, "apt-get install barman-cli-cloud");
        }
        Assumptions.assumeTrue(installed, "apt-get install barman-cli-cloud");
    }

    @Test
    void drillPassesAndEventsAreCountedAgainAfterTheDatabaseWentBack() throws Exception {
        try (LocalSystem system = new LocalSystem()) {
            succeed(up(system));
            awaitBackup(system);
            UUID user = register(system);
            try (UsageStream stream = new UsageStream(system)) {
                stream.send(user, BEFORE);
                stream.awaitConfirmed("usage");
                assertEquals(BEFORE, counted(system));
                Instant moment = databaseTime(system);
                stream.send(user, AFTER);
                stream.awaitConfirmed("usage");
                assertEquals(BEFORE + AFTER, counted(system));

                succeed(system.restore("--to", moment.toString()));
                assertEquals(BEFORE + AFTER, counted(system), "the running system goes on as it was");
            }

            Outcome drill = system.drill();
            succeed(drill);
            assertTrue(drill.output().contains("let the administrator log in"), drill::output);
            assertTrue(drill.output().contains("the drill passed: RPO "), drill::output);

            Outcome refused = system.restore("--replace");
            assertEquals(1, refused.exitCode());
            assertTrue(refused.output().contains("deploy/local/down first"), refused::output);
            succeed(system.down());
            succeed(system.restore("--replace"));
            Outcome again = up(system);
            succeed(again);
            assertTrue(again.output().contains("consumers read"), again::output);

            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> counted(system) == BEFORE + AFTER);
            awaitBackup(system);
            assertTrue(system.archived("00000002.history"), "later restores follow the new timeline");
        }
    }

    private static Outcome up(LocalSystem system) {
        return system.up("--detach", "--backups", "--services", "identity,usage");
    }

    private static void succeed(Outcome outcome) {
        assertEquals(0, outcome.exitCode(), outcome::output);
    }

    private static void awaitBackup(LocalSystem system) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> metric(system, "daftar_backup_duration_seconds") > 0);
    }

    private static double metric(LocalSystem system, String name) {
        Matcher sample = Pattern.compile("(?m)^" + name + " (\\S+)$")
                .matcher(given().get(system.backupMetrics()).asString());
        assertTrue(sample.find(), name);
        return Double.parseDouble(sample.group(1));
    }

    private static UUID register(LocalSystem system) {
        return UUID.fromString(given().contentType(ContentType.JSON)
                .body("{\"email\":\"mona@example.org\",\"password\":\"correct horse battery staple\"}")
                .post(system.api("identity") + "/v1/users")
                .then()
                .statusCode(201)
                .extract()
                .path("id"));
    }

    private static int counted(LocalSystem system) throws SQLException {
        try (Connection usage = system.connect("usage_owner", false)) {
            return Integer.parseInt(
                    Slices.query(usage, "SELECT count(*) FROM usage.usage_logs").get(0));
        }
    }

    /** A moment between two commits, by the clock that they are dated with. */
    private static Instant databaseTime(LocalSystem system) throws SQLException {
        try (Connection usage = system.connect("usage_owner", false)) {
            return Instant.parse(Slices.query(
                            usage,
                            "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
                    .get(0));
        }
    }
}
