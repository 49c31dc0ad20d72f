package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.process.LocalProcess;
import io.restassured.RestAssured;
import java.net.URI;
import java.net.http.HttpRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The primary is killed under load: its replica takes its place, the services find it, and everything that was acknowledged
 * is there, over HTTP and from Kafka. Then the same the other way round, with the server that died first. The seed is
 * printed, and taken from the system property {@code daftar.fault.seed} where there is one.
 */
class FailoverTest {

    /** Half of them have a balance to reserve from, and the other half use without one. */
    private static final int USERS = 20;

    private static final int SUBSCRIBERS = USERS / 2;
    private static final int CALLERS = 2;
    private static final int WRITES = 60;
    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");

    /** What users are promised: the 95th percentile of failovers. */
    private static final Duration LONGEST_GAP = Duration.ofSeconds(10);

    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static LocalSystem system;
    private static List<UUID> users;

    @BeforeAll
    static void everythingIsUp() {
        system = new LocalSystem();
        LocalSystem.Outcome up = system.up("--detach", "--failover", "--services", "identity,billing,usage");
        assertEquals(0, up.exitCode(), up.output());
        users = Learners.registered(system, USERS);
        Learners.subscribed(system, users.subList(0, SUBSCRIBERS));
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        system.close();
    }

    @Test
    void whatWasAcknowledgedIsOnTheServerThatTakesThePlaceOfAKilledPrimary() throws Exception {
        long seed = Long.getLong("daftar.fault.seed", new Random().nextLong());
        System.out.println("daftar.fault.seed=" + seed);
        try (UsageStream stream = new UsageStream(system);
                UnrulyTutor tutor = new UnrulyTutor(system, users.subList(SUBSCRIBERS, USERS), seed);
                WriteLedger registrations = new WriteLedger(CALLERS, FailoverTest::registration);
                WriteLedger reservations = new WriteLedger(CALLERS, reservation())) {
            tutor.begin();
            primaryDies("postgres-primary", 15433, registrations, reservations);
            primaryDies("postgres-replica", 15432, registrations, reservations);
            registrations.finish();
            reservations.finish();
            tutor.finish();
            stream.awaitConfirmed("usage", LIMIT);
            stream.awaitConfirmed("billing", LIMIT);

            kept("registrations", registrations, "identity", "users");
            kept("reservations", reservations, "usage", "usage_reservations");
            booksEqual(new UsageOracle(tutor.accepted().values()));
            theLedgerSeesWhatIsLost(reservations);
        }
    }

    /** Kills it, and waits until it is the replica of the other, which then may die. */
    private static void primaryDies(String server, int next, WriteLedger registrations, WriteLedger reservations) {
        awaitFollowing(next);
        registrations.awaitWrites(WRITES / 10);
        reservations.awaitWrites(WRITES);
        LocalProcess process = system.process(server);
        long killed = System.nanoTime();
        process.kill();
        registrations.awaitWrites(WRITES / 10);
        reservations.awaitWrites(WRITES);
        Awaitility.await("services read from the replica again").atMost(LIMIT).until(FailoverTest::replicasAreUsable);
        judge("identity", registrations, killed);
        judge("usage", reservations, killed);
    }

    private static void judge(String service, WriteLedger writes, long killed) {
        Duration gap = writes.longestGapSince(killed);
        System.out.printf(
                "the primary dies: no write at %s for %d ms; answered 503 so far: %d%n",
                service, gap.toMillis(), writes.turnedAway());
        assertTrue(gap.compareTo(LONGEST_GAP) < 0, gap::toString);
        assertEquals(List.of(), writes.refusals(), "answers that say nothing of coming again");
    }

    /** Until commits wait for the server at this port, and it has what was acknowledged before they did. */
    private static void awaitFollowing(int port) {
        Awaitility.await("a replica that can take the primary's place")
                .atMost(LIMIT)
                .ignoreExceptions()
                .until(() -> system.launcherSays()
                                .lines()
                                .filter(line -> line.contains("commits wait for the replica"))
                                .count()
                        == (port == 15433 ? 1 : 2));
    }

    private static boolean replicasAreUsable() {
        return List.of("identity", "billing", "usage").stream()
                .allMatch(service -> RestAssured.get(system.management(service) + "/q/metrics")
                        .asString()
                        .contains("daftar_replica_usable 1.0"));
    }

    private static void kept(String what, WriteLedger ledger, String service, String table) throws SQLException {
        System.out.printf("%d %s acknowledged%n", ledger.written().size(), what);
        assertEquals(Set.of(), ledger.missingIn(ids(service, table)), what + " that were acknowledged and are lost");
    }

    private static Set<UUID> ids(String service, String table) throws SQLException {
        Set<UUID> ids = new TreeSet<>();
        try (Connection owner = system.connect(service + "_owner", false)) {
            Slices.query(owner, "SELECT t.id FROM " + service + "." + table + " AS t")
                    .forEach(id -> ids.add(UUID.fromString(id)));
        }
        return ids;
    }

    private static void booksEqual(UsageOracle oracle) throws Exception {
        UsageBooks books = new UsageBooks(system);
        assertEquals(List.of(), UsageOracle.differences(oracle.rows(), books.rows()), "usage's rows");
        assertEquals(List.of(), UsageOracle.differences(oracle.rollups(), books.rollups()), "usage's roll-ups");
        assertEquals(List.of(), UsageOracle.differences(oracle.totals(CAIRO), books.totals()), "billing's totals");
    }

    /** Else the test would prove nothing. */
    private static void theLedgerSeesWhatIsLost(WriteLedger reservations) throws SQLException {
        UUID lost = reservations.written().iterator().next();
        try (Connection owner = system.connect("usage_owner", false)) {
            Slices.execute(owner, "DELETE FROM usage.usage_reservations WHERE id = '" + lost + "'");
        }
        assertEquals(Set.of(lost), reservations.missingIn(ids("usage", "usage_reservations")));
    }

    private static HttpRequest registration() {
        return post("identity", "/v1/users", """
                {"email": "%s@example.org", "password": "correct horse battery staple"}""".formatted(UUID.randomUUID())).build();
    }

    private static Supplier<HttpRequest> reservation() {
        String token = Logins.service(system, "usage:write");
        AtomicInteger next = new AtomicInteger();
        return () -> post(
                        "usage",
                        "/v1/users/" + users.get(next.getAndIncrement() % SUBSCRIBERS) + "/reservations",
                        """
                        {"tokens": 1, "ttl_seconds": 3600, "service_name": "tutor", "session_id": "%s"}""".formatted(UUID.randomUUID()))
                .header("Authorization", "Bearer " + token)
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .build();
    }

    private static HttpRequest.Builder post(String service, String path, String body) {
        return HttpRequest.newBuilder(URI.create(system.api(service) + path))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }
}
