package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.acceptance.UsageOracle.Amount;
import daftar.acceptance.UsageOracle.Use;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Usage-service, the broker and the primary are killed while events arrive, again, in disorder and contradicting each
 * other: what was accepted is counted, once, in every book. The seed is printed, and taken from the system property
 * {@code daftar.fault.seed} where there is one.
 */
class UsageFaultTest {

    private static final int USERS = 20;
    private static final int SUBSCRIBERS = 6;
    private static final Duration LOAD = Duration.ofSeconds(40);
    private static final Duration CAUGHT_UP = Duration.ofMinutes(3);
    /** Billing's, whose days its totals are of. */
    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");

    private static LocalSystem system;

    @BeforeAll
    static void everythingIsUp() {
        system = new LocalSystem();
        LocalSystem.Outcome up = system.up("--detach", "--services", "identity,billing,usage");
        assertEquals(0, up.exitCode(), up.output());
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        system.close();
    }

    @Test
    void whatIsAcceptedIsCountedOnceWhoeverIsKilled() throws Exception {
        long seed = Long.getLong("daftar.fault.seed", new Random().nextLong());
        System.out.println("daftar.fault.seed=" + seed);
        List<UUID> users = Learners.registered(system, USERS);
        Learners.subscribed(system, users.subList(0, SUBSCRIBERS));
        try (UsageStream stream = new UsageStream(system);
                UnrulyTutor tutor = new UnrulyTutor(system, users, seed)) {
            long begin = System.nanoTime();
            tutor.begin();
            List<String> kills;
            try (Kills all = new Kills(system, seed)) {
                kills = all.await();
            }
            Awaitility.await().atMost(LOAD.plusSeconds(5)).until(() -> System.nanoTime() - begin > LOAD.toNanos());
            tutor.finish();
            long finished = System.nanoTime();
            stream.awaitConfirmed("usage", CAUGHT_UP);
            stream.awaitConfirmed("billing", CAUGHT_UP);
            System.out.printf(
                    "%d events accepted, %d sent twice, %d contradicted, %d sent again since unconfirmed; all counted "
                            + "%.1f s after the last was confirmed%n",
                    tutor.accepted().size(),
                    tutor.repetitions(),
                    tutor.contradictions().size(),
                    tutor.sentAgain(),
                    (System.nanoTime() - finished) / 1e9);
            assertEquals(3 * Kills.OF_EACH, kills.size(), kills::toString);
            assertTrue(tutor.contradictions().size() > 10 && tutor.repetitions() > 50, "events were sent in every way");
            booksEqual(new UsageOracle(tutor.accepted().values()), users);
            deadLettersEqual(tutor.accepted());
        }
    }

    private static void booksEqual(UsageOracle oracle, List<UUID> users) throws Exception {
        UsageBooks books = new UsageBooks(system);
        equal("usage's rows", oracle.rows(), books.rows());
        equal("usage's keys", oracle.keys(), books.keys("usage"));
        equal("usage's roll-ups", oracle.rollups(), books.rollups());
        equal("billing's keys", oracle.keys(), books.keys("billing"));
        equal("billing's totals", oracle.totals(CAIRO), books.totals());
        balancesEqual(oracle, books);
        String token = Logins.administrator(system);
        // the replica may be a moment behind
        Awaitility.await("usage's API")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> equal("usage's API", oracle.months(), books.months(users, token)));
    }

    private static void equal(String book, Map<String, Amount> expected, Map<String, Amount> found) {
        assertEquals(List.of(), UsageOracle.differences(expected, found), book);
    }

    private static void balancesEqual(UsageOracle oracle, UsageBooks books) throws Exception {
        List<UsageBooks.Balance> balances = books.balances();
        assertEquals(
                SUBSCRIBERS,
                balances.stream().filter(balance -> balance.used().tokens() > 0).count());
        for (UsageBooks.Balance balance : balances) {
            assertEquals(oracle.used(balance.user(), balance.from(), balance.to()), balance.used(), balance::toString);
            assertEquals(0, balance.reserved());
        }
    }

    /** A contradiction that nobody confirmed and that was sent again lies in the topic twice, so the topic tells. */
    private static void deadLettersEqual(Map<UUID, Use> accepted) throws Exception {
        UsageBooks books = new UsageBooks(system);
        UsageTopic topic = UsageTopic.read(system);
        assertEquals(List.of(), topic.missing(accepted.keySet()), "Kafka has what it confirmed");
        equal("usage's dead letters", topic.contradictions(accepted), books.deadLetters("usage"));
        equal("billing's dead letters", Map.of(), books.deadLetters("billing"));
    }
}
