package daftar.testkit.notes;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.position.Position;
import daftar.kit.telemetry.Meters;
import daftar.local.postgres.PostgresCluster;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads with positions while the replica stands still, cancels queries or is frozen, at moments of chance. */
@QuarkusTest
@WithTestResource(TestStack.class)
class PositionRaceTest {

    private static final int WRITERS = 3;
    private static final int NOTES = 20;

    private final Stack stack = Stack.current();
    private final MeterRegistry meters;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @Inject
    PositionRaceTest(MeterRegistry meters) {
        this.meters = meters;
    }

    /** What a writer has come to, for those who read beside it. */
    private record Seen(String position, int notes) {}

    @BeforeEach
    void tableAndUsableReplica() {
        Notes.createTable(stack);
        awaitReadsFromTheReplica();
    }

    @AfterEach
    void replicaAsItWas() throws SQLException {
        threads.shutdownNow();
        onReplica("SELECT pg_wal_replay_resume()");
        onReplica("ALTER SYSTEM RESET max_standby_streaming_delay");
        onReplica("SELECT pg_reload_conf()");
        awaitReadsFromTheReplica();
    }

    @Test
    void nobodyWithAPositionReadsThePastWhileReplayStopsAndGoesOn() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        double onReplica = reads("replica");
        double behind = reads("primary_replica_behind");
        List<Future<?>> writers = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            writers.add(threads.submit(this::writeAndRead));
        }
        Random random = new Random(seed);
        while (!writers.stream().allMatch(Future::isDone)) {
            onReplica("SELECT pg_wal_replay_pause(), pg_sleep(" + random.nextInt(200) / 1000.0 + ")");
            onReplica("SELECT pg_wal_replay_resume(), pg_sleep(" + random.nextInt(200) / 1000.0 + ")");
        }
        for (Future<?> writer : writers) {
            writer.get();
        }
        assertTrue(reads("replica") > onReplica, "some reads found the replica far enough");
        assertTrue(reads("primary_replica_behind") > behind, "some found it behind");
    }

    @Test
    void aQueryThatTheReplicaCancelsIsAnsweredByThePrimaryOnceAndTheReplicaStays() throws Exception {
        onReplica("ALTER SYSTEM SET max_standby_streaming_delay = '50ms'");
        onReplica("SELECT pg_reload_conf()");
        double failed = reads("primary_replica_failed");
        Future<Integer> slow = threads.submit(() -> given().get("/v1/slow").statusCode());
        await().atMost(Duration.ofSeconds(10)).until(this::aQuerySleepsOnTheReplica);
        try (Connection connection = stack.connect("consent_owner");
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE consent.notes IN ACCESS EXCLUSIVE MODE");
            connection.commit();
        }
        assertEquals(200, slow.get());
        assertEquals(failed + 1, reads("primary_replica_failed"));
        double unusable = reads("primary_replica_unusable");
        awaitReadsFromTheReplica();
        assertEquals(unusable, reads("primary_replica_unusable"), "a conflict says nothing against the replica");
    }

    @Test
    void aFrozenReplicaIsLeftOutWithinSecondsAndHoldsNobodyLonger() throws Exception {
        UUID user = stack.newUser();
        String position = write(user);
        stack.postgres().replica().pause();
        try {
            long frozen = System.nanoTime();
            List<Future<Integer>> held = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                held.add(threads.submit(() -> notes(user, position)));
            }
            await().atMost(Duration.ofSeconds(15)).until(() -> {
                double before = reads("primary_replica_unusable");
                return notes(user, position) == 1 && reads("primary_replica_unusable") > before;
            });
            for (Future<Integer> read : held) {
                assertEquals(1, read.get());
            }
            assertTrue(System.nanoTime() - frozen < Duration.ofSeconds(15).toNanos());
        } finally {
            stack.postgres().replica().resume();
        }
    }

    /** Writes one after the other, reads each, and lets another read what it has come to at the same time. */
    private void writeAndRead() {
        UUID user = stack.newUser();
        AtomicReference<Seen> newest = new AtomicReference<>(new Seen(write(user), 1));
        CompletableFuture<Void> reader = CompletableFuture.runAsync(
                () -> {
                    while (newest.get().notes() < NOTES) {
                        Seen seen = newest.get();
                        assertTrue(notes(user, seen.position()) >= seen.notes(), "no older than the position");
                    }
                },
                threads);
        for (int written = 2; written <= NOTES; written++) {
            String position = write(user);
            newest.set(new Seen(position, written));
            assertEquals(written, notes(user, position), "the writer sees its own write");
        }
        reader.join();
    }

    private String write(UUID user) {
        return given().auth()
                .oauth2(Tokens.service("notes:write"))
                .contentType("application/json")
                .body(Notes.note(UUID.randomUUID(), user))
                .post("/v1/notes")
                .then()
                .statusCode(200)
                .extract()
                .header(Position.HEADER);
    }

    private int notes(UUID user, String position) {
        return given().auth()
                .oauth2(Tokens.person(user))
                .header(Position.HEADER, position)
                .get("/v1/users/{id}/notes", user)
                .then()
                .statusCode(200)
                .extract()
                .path("notes");
    }

    private double reads(String route) {
        return meters.get(Meters.READS).tag("route", route).counter().count();
    }

    private void awaitReadsFromTheReplica() {
        UUID user = UUID.randomUUID();
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            double before = reads("replica");
            notes(user, "1-0/0");
            return reads("replica") > before;
        });
    }

    private boolean aQuerySleepsOnTheReplica() throws SQLException {
        return onReplica("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(CASE%' AND state = 'active'"
                + " AND pid <> pg_backend_pid()");
    }

    /** Whether the first result has a row. */
    private boolean onReplica(String sql) throws SQLException {
        try (Connection connection =
                        stack.postgres().replica().connect("daftar", PostgresCluster.SUPERUSER, Stack.PASSWORD);
                var statement = connection.createStatement()) {
            return statement.execute(sql) && statement.getResultSet().next();
        }
    }
}
