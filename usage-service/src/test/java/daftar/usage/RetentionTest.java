package daftar.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.position.Reads;
import daftar.kit.position.Writes;
import daftar.retention.Retention;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches are of three rows here, so that ten rows are several. Ages are in hours: this driver's zone has summer time. */
@QuarkusTest
@WithTestResource(TestStack.class)
class RetentionTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Stack stack = Stack.current();
    private final String topic = "retention-" + UUID.randomUUID();
    private final Writes writes;
    private final Reads reads;
    private final Clock clock;
    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final Retention retention;

    @Inject
    RetentionTest(Writes writes, Reads reads, Clock clock) {
        this.writes = writes;
        this.reads = reads;
        this.clock = clock;
        this.retention = instance(meters);
    }

    /** The reports of a day are one row a table: each test counts its own. */
    @BeforeEach
    void nothingIsOverdueAndNothingReported() {
        run(retention);
        meters.clear();
        stack.execute("usage_owner", "DELETE FROM retention_runs");
    }

    @Test
    void deadLettersGoAfterNinetyDaysWithTheirTrialsAndOthersStay() {
        letters(10, 92);
        letters(2, 89);
        stack.execute("usage_owner", """
                INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
                SELECT id, 'somebody', ?, 'discarded', now() FROM dead_letters WHERE topic = ?""", topic, topic);
        Retention job = instance(meters);

        run(job);

        assertEquals(2, letters());
        assertEquals(
                2, stack.number("usage_owner", "SELECT count(*) FROM dead_letter_redrives WHERE reason = ?", topic));
        assertEquals(10, deleted(meters));
        Map<String, Object> report = report();
        assertEquals(10L, report.get("deleted_rows"));
        assertNotNull(report.get("finished_at"));
    }

    @Test
    void anAlertThatIsNotPublishedStaysHoweverOldItIs() {
        UUID user = stack.newUser();
        for (String publishedAt : new String[] {"now()", "NULL"}) {
            stack.execute("usage_owner", """
                    INSERT INTO usage_alerts (user_id, period_end, subscription_id, meter, threshold_percent, period_start,
                                              used, included, published_at)
                    VALUES (?, now() - interval '14 months', gen_random_uuid(), 'tokens', 50, now() - interval '15 months',
                            5, 10, %s)""".formatted(publishedAt), user);
        }

        run(instance(meters));

        assertEquals(
                1,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM usage_alerts WHERE user_id = ? AND published_at IS NULL",
                        user));
        assertEquals(
                0,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM usage_alerts WHERE user_id = ? AND published_at IS NOT NULL",
                        user));
        stack.execute("usage_owner", "DELETE FROM usage_alerts WHERE user_id = ?", user);
    }

    @Test
    void rollUpsStayForAsLongAsAnEventOfTheirTimeIsAccepted() {
        UUID user = stack.newUser();
        for (int months : new int[] {63, 60}) {
            stack.execute("usage_owner", """
                    INSERT INTO usage_rollups (user_id, bucket_minutes, bucket_start, service_name, events, tokens_used,
                                               speech_seconds, cost_usd)
                    VALUES (?, 1440, date_trunc('day', now() - make_interval(months => ?)), 'chat', 1, 1, 0, 0)""", user, months);
        }

        run(instance(meters));

        assertEquals(1, stack.number("usage_owner", "SELECT count(*) FROM usage_rollups WHERE user_id = ?", user));
    }

    @Test
    void twoInstancesDeleteEachRowOnceAndReportItOnce() {
        letters(40, 92);
        MeterRegistry others = new SimpleMeterRegistry();

        Uni.join()
                .all(instance(meters).run(), instance(others).run())
                .andFailFast()
                .await()
                .atMost(LIMIT);

        assertEquals(0, letters());
        assertEquals(40, deleted(meters) + deleted(others));
        assertEquals(40L, report().get("deleted_rows"));
    }

    @Test
    void leavesATableToTheInstanceThatIsAtIt() throws SQLException {
        letters(2, 92);
        Retention job = instance(meters);
        try (Connection other = stack.connect("usage_app");
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT pg_advisory_xact_lock(hashtextextended('usage.retention dead_letters', 0))");
            run(job);
            assertEquals(2, letters());
            other.rollback();
        }

        run(job);

        assertEquals(0, letters());
    }

    /** A row that somebody holds for longer than the lock timeout breaks the run off: what went is gone, and told. */
    @Test
    void aRunThatWasBrokenOffHasReportedWhatItDeletedAndTheNextOneGoesOn() throws SQLException {
        letters(10, 92);
        Retention job = instance(meters);
        try (Connection other = stack.connect("usage_owner");
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM dead_letters WHERE id = (SELECT max(id) FROM dead_letters WHERE topic = '"
                    + topic + "') FOR UPDATE");
            run(job);
            other.rollback();
        }
        long left = letters();
        assertTrue(left > 0 && left < 10, () -> left + " are left");
        assertEquals(10L - left, report().get("deleted_rows"));
        assertNull(report().get("finished_at"));
        assertTrue(overdueSeconds("dead_letters") > Duration.ofDays(1).toSeconds(), "what is left is overdue");

        run(job);

        assertEquals(0, letters());
        assertEquals(10L, report().get("deleted_rows"));
        assertNotNull(report().get("finished_at"));
    }

    @Test
    void tellsWhatIsOverdueUntilItIsDeleted() {
        Retention job = instance(meters);
        assertEquals(0, overdueSeconds("dead_letters"));
        letters(1, 100);

        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            job.look().await().atMost(LIMIT);
            assertTenDays(overdueSeconds("dead_letters"));
        });

        run(job);
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            job.look().await().atMost(LIMIT);
            assertEquals(0, overdueSeconds("dead_letters"));
        });
    }

    /** What something else sees to is watched all the same. */
    @Test
    void tellsWhatIsOverdueInATableThatItDoesNotDeleteFrom() {
        Retention job = instance(meters);
        stack.execute("usage_owner", """
                INSERT INTO usage_reservations (id, user_id, period_end, subscription_id, state, tokens, speech_seconds,
                                                created_at, expires_at, changed_at)
                SELECT t.id, t.id, t.time, t.id, 'released', 1, 0, t.time, t.time, t.time
                FROM (SELECT ?::uuid AS id, now() - interval '960 hours' AS time) AS t""", UUID.randomUUID());

        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            job.look().await().atMost(LIMIT);
            assertTenDays(overdueSeconds("usage_reservations"));
        });
        stack.execute("usage_owner", "DELETE FROM usage_reservations WHERE created_at < now() - interval '39 days'");
    }

    private Retention instance(MeterRegistry registry) {
        return new Retention(writes, reads, clock, registry, Duration.ofMillis(1), 3);
    }

    private static void run(Retention job) {
        job.run().await().atMost(LIMIT);
    }

    private void letters(int count, int daysAgo) {
        stack.execute("usage_owner", """
                INSERT INTO dead_letters (topic, partition, "offset", headers, reason, recorded_at)
                SELECT ?, 0, n, '[]', 'none', now() - make_interval(hours => 24 * ?)
                FROM generate_series(1, ?) AS n""", topic, daysAgo, count);
    }

    private long letters() {
        return stack.number("usage_owner", "SELECT count(*) FROM dead_letters WHERE topic = ?", topic);
    }

    private static long deleted(MeterRegistry registry) {
        return (long) registry.get(Retention.DELETED)
                .tag("table", "dead_letters")
                .counter()
                .count();
    }

    private long overdueSeconds(String table) {
        return (long) meters.get(Retention.OVERDUE).tag("table", table).gauge().value();
    }

    private static void assertTenDays(long seconds) {
        assertTrue(Math.abs(seconds - Duration.ofDays(10).toSeconds()) < 60, () -> seconds + " s");
    }

    private Map<String, Object> report() {
        return stack.query(
                        "usage_owner",
                        "SELECT deleted_rows, finished_at FROM retention_runs WHERE table_name = 'dead_letters'")
                .get(0);
    }
}
