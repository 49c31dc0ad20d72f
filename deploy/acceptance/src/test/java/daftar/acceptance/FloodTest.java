package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.postgres.ConnectionBudget;
import daftar.local.postgres.Database;
import daftar.local.process.LocalProcess;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The limits of DESIGN.md section 4 on the whole system: 100 connections, 30 seconds for one, 60 a statement. */
class FloodTest {

    /** One table that each service reads to answer the path; {@code %s} is a user. */
    private static final Map<String, List<String>> READS = Map.of(
            "identity", List.of("users", "/v1/users/%s"),
            "consent", List.of("guardian_consents", "/v1/users/%s/consents"),
            "analytics", List.of("learning_profiles", "/v1/users/%s/profiles"),
            "usage", List.of("usage_logs", "/v1/users/%s/usage/logs"),
            "billing", List.of("subscriptions", "/v1/users/%s/subscriptions"));

    /** No replica has replayed that far, so the primary must serve. */
    private static final String FAR_POSITION = "1-FFFFFFF0/0";

    private static final int CALLERS = 150;
    /** More than the 1000 that may wait, and the few that have a connection. */
    private static final int TOO_MANY_CALLERS = 1_250;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private static LocalSystem system;
    private static String token;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(20))
            .build();

    private record Answer(int status, boolean saysWhenToRetry, Duration after) {}

    @BeforeAll
    static void everythingIsUp() {
        system = new LocalSystem();
        LocalSystem.Outcome up = system.up("--detach");
        assertEquals(0, up.exitCode(), up.output());
        token = RestAssured.given()
                .contentType("application/json")
                .body(Map.of("email", "admin@daftar.localhost", "password", system.secret("administrator_password")))
                .post(system.api("identity") + "/v1/sessions")
                .then()
                .statusCode(201)
                .extract()
                .path("access_token");
    }

    @AfterAll
    static void nothingIsLeft() throws IOException {
        system.close();
    }

    @Test
    void aFloodIsAnsweredAndNeverOpensMoreThanTheBudget() throws Exception {
        READS.keySet().forEach(this::answersAgain);
        List<CompletableFuture<Void>> sleepers =
                Database.SLICES.stream().map(this::diesAfterAMinute).toList();
        try (Backends backends = new Backends(system)) {
            List<Connection> blockers = new ArrayList<>();
            try {
                for (String slice : Database.SLICES) {
                    blockers.add(locked(slice));
                }
                Map<String, List<CompletableFuture<Answer>>> floods = Map.of(
                        "identity", flood("identity", CALLERS),
                        "consent", flood("consent", CALLERS),
                        "analytics", flood("analytics", CALLERS),
                        "usage", flood("usage", TOO_MANY_CALLERS));
                flood("billing", CALLERS);
                killed("billing");
                allAreTurnedAway("billing after its restart", flood("billing", CALLERS));
                for (String service : List.of("identity", "consent", "analytics")) {
                    allAreTurnedAway(service, floods.get(service));
                }
                moreThanMayWaitAreTurnedAwayAtOnce(floods.get("usage"));
            } finally {
                for (Connection blocker : blockers) {
                    blocker.close();
                }
            }
            READS.keySet().forEach(this::answersAgain);
            sleepers.forEach(CompletableFuture::join);
            staysWithinTheBudget(backends);
        }
        namesNoUserInAMetric();
    }

    private static void allAreTurnedAway(String service, List<CompletableFuture<Answer>> flood) {
        List<Answer> answers = flood.stream().map(CompletableFuture::join).toList();
        assertEquals(
                answers.size(),
                answers.stream()
                        .filter(answer -> answer.status() == 503 && answer.saysWhenToRetry())
                        .count(),
                () -> service + ": every answer is 503 with Retry-After: " + answers);
        assertTrue(
                answers.stream().allMatch(answer -> answer.after().compareTo(LONGEST_WAIT) < 0),
                () -> service + ": nobody hangs: " + answers);
        // those who got a connection waited for the lock instead, 5 seconds each, a pool's worth at a time
        long waitedForAConnection = answers.stream()
                .filter(answer -> answer.after().compareTo(Duration.ofSeconds(28)) > 0)
                .count();
        assertTrue(
                waitedForAConnection >= CALLERS / 4,
                () -> service + ": 30 seconds to get a connection, and then an answer: " + answers);
    }

    private static void moreThanMayWaitAreTurnedAwayAtOnce(List<CompletableFuture<Answer>> flood) {
        allAreTurnedAway("usage", flood);
        long atOnce = flood.stream()
                .map(CompletableFuture::join)
                .filter(answer -> answer.after().compareTo(Duration.ofSeconds(20)) < 0)
                .count();
        assertTrue(atOnce >= 150, () -> "turned away at once since 1000 wait already: " + atOnce);
    }

    private static void staysWithinTheBudget(Backends backends) {
        Map<String, Integer> limits = ConnectionBudget.read(Installation.find()).limits();
        System.out.println("most connections: " + backends.mostInAll() + " in all, " + backends.most() + ", "
                + backends.samples() + " samples");
        assertTrue(backends.samples() > 300, () -> "samples: " + backends.samples());
        assertTrue(backends.mostInAll() <= 100, () -> "connections: " + backends.mostInAll());
        for (String slice : Database.SLICES) {
            int most = backends.most().get(Database.application(slice));
            assertTrue(most <= limits.get(slice + ".app"), () -> slice + " had " + most);
            assertTrue(most > limits.get(slice + ".app") / 2, () -> slice + " was flooded, and had but " + most);
        }
    }

    /** Its own connection, as another instance of the service would have. */
    private CompletableFuture<Void> diesAfterAMinute(String slice) {
        return CompletableFuture.runAsync(() -> {
            try (Connection connection = system.connect(Database.application(slice), false);
                    Statement statement = connection.createStatement()) {
                long start = System.nanoTime();
                SQLException death = assertThrows(SQLException.class, () -> statement.execute("SELECT pg_sleep(61)"));
                Duration after = Duration.ofNanos(System.nanoTime() - start);
                assertEquals("57014", death.getSQLState(), slice);
                assertTrue(after.toMillis() >= 59_500, () -> slice + " after " + after);
            } catch (SQLException e) {
                throw new IllegalStateException(slice, e);
            }
        });
    }

    private static Connection locked(String slice) throws SQLException {
        Connection owner = system.connect(Database.owner(slice), false);
        owner.setAutoCommit(false);
        try (Statement statement = owner.createStatement()) {
            statement.execute("LOCK TABLE " + slice + "." + READS.get(slice).get(0) + " IN ACCESS EXCLUSIVE MODE");
        }
        return owner;
    }

    private List<CompletableFuture<Answer>> flood(String service, int callers) {
        return IntStream.range(0, callers).mapToObj(caller -> ask(service)).toList();
    }

    private CompletableFuture<Answer> ask(String service) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(
                        system.api(service) + READS.get(service).get(1).formatted(UUID.randomUUID())))
                .header("Authorization", "Bearer " + token)
                .header("Daftar-Position", FAR_POSITION)
                .timeout(Duration.ofSeconds(90))
                .build();
        long start = System.nanoTime();
        return http.sendAsync(request, HttpResponse.BodyHandlers.discarding())
                .thenApply(response -> new Answer(
                        response.statusCode(),
                        response.headers().firstValue("Retry-After").isPresent(),
                        Duration.ofNanos(System.nanoTime() - start)));
    }

    private void answersAgain(String service) {
        Awaitility.await(service)
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> List.of(200, 404).contains(ask(service).join().status()));
    }

    /** The process is killed with all its connections in use, and started again by the launcher. */
    private static void killed(String service) {
        LocalProcess process = system.process(service);
        process.kill();
        Awaitility.await(service + " after its death")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> system.process(service).pid() != process.pid()
                        && RestAssured.get(system.management(service) + "/q/health/live")
                                        .statusCode()
                                == 200);
    }

    private static void namesNoUserInAMetric() {
        for (String service : READS.keySet()) {
            String metrics =
                    RestAssured.get(system.management(service) + "/q/metrics").asString();
            assertTrue(metrics.contains("uri=\"/v1/users/{user_id}"), service);
            assertTrue(metrics.lines().noneMatch(line -> line.matches(".*[0-9a-f]{8}-[0-9a-f]{4}-.*")), metrics);
        }
    }
}
