package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.process.LocalProcess;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A consumer that is told to end (SIGTERM) in the middle of a stream ends by itself, with its last batch done: what
 * it counted and what it has confirmed to Kafka are the same events, so its successor repeats and leaves out none.
 */
@ExtendWith(RunningSystem.class)
class ShutdownTest {

    private static final int EVENTS = 30_000;
    private static final Duration GRACE = Duration.ofSeconds(20);

    private final LocalSystem system = RunningSystem.system();

    @Test
    void usageEndsBetweenTwoBatches() throws Exception {
        endsBetweenTwoBatches("usage", "SELECT count(*) FROM usage.usage_event_keys");
    }

    @Test
    void billingEndsBetweenTwoBatches() throws Exception {
        endsBetweenTwoBatches("billing", "SELECT count(*) FROM billing.usage_event_keys");
    }

    private void endsBetweenTwoBatches(String service, String counted) throws Exception {
        try (UsageStream stream = new UsageStream(system);
                Connection books = system.connect(service + "_owner", false)) {
            UUID user = new Visitors(system).person.id();
            stream.awaitConfirmed(service);
            long before = number(books, counted);
            long confirmedBefore = stream.confirmed(service);
            stream.send(user, EVENTS);
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> number(books, counted) > before);

            LocalProcess process = system.process(service);
            assertTrue(process.stop("TERM", GRACE), "it ended by itself");
            // read before the launcher's new process has joined the group
            long done = stream.confirmed(service) - confirmedBefore;
            long effects = number(books, counted) - before;

            assertTrue(effects < EVENTS, () -> "it was told to end too late to show anything: " + effects);
            assertEquals(effects, done, "events that had their effect, and events that are confirmed");
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> number(books, counted) - before == EVENTS);
            System.out.println(service + " ended after " + effects + " of " + EVENTS + " events");
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        return Long.parseLong(Slices.query(connection, sql).get(0));
    }
}
