package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bad migrations under the load of {@link LiveMigrationTest}, with one of its hostile sessions: the judgement of that test
 * finds each guilty, so that test can fail.
 */
@ExtendWith(LiveProof.class)
class LiveMigrationRedTest {

    private static final Duration READER = Duration.ofSeconds(8);
    private static final Duration LIMIT = Duration.ofMinutes(1);
    /** A concurrent index of this table takes a few seconds once the reader is gone. */
    private static final Duration LIMIT_OF_INDEX = Duration.ofSeconds(20);

    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final LocalSystem system = LiveProof.system();

    @TempDir
    private Path folder;

    /** A migration as the owner role. */
    @FunctionalInterface
    private interface Migration {
        void run() throws SQLException;
    }

    @ParameterizedTest
    @MethodSource("daftar.acceptance.RedControl#all")
    void aBadMigrationIsFoundGuilty(RedControl control) throws Exception {
        Map<Finding, String> found = judged(() -> run(control), LIMIT, control.undo());
        System.out.println(control + ": " + found);
        assertTrue(found.containsKey(control.expected()), found::toString);
    }

    /** Flyway's own lock is a transaction's, which a concurrent index waits for: that is why the migrator has another. */
    @Test
    void aConcurrentIndexThatWaitsForItsOwnMigrationIsFoundGuilty() throws Exception {
        Files.writeString(
                folder.resolve("V1__index.sql"),
                "CREATE INDEX CONCURRENTLY usage_reservations_red ON usage_reservations (user_id, created_at)");
        List<String> undo =
                List.of("DROP INDEX CONCURRENTLY IF EXISTS usage_reservations_red", "DROP TABLE IF EXISTS red_history");
        Map<Finding, String> found = judged(this::flywayAlone, LIMIT_OF_INDEX, undo);
        System.out.println("a concurrent index by Flyway alone: " + found);
        assertTrue(found.containsKey(Finding.ENDLESS), found::toString);
        assertTrue(found.get(Finding.ENDLESS).contains("for a session of its own"), found::toString);
    }

    private Map<Finding, String> judged(Migration migration, Duration limit, List<String> undo) throws Exception {
        List<String> before = catalogue();
        Map<Finding, String> found;
        try (LiveRun run = LiveProof.run();
                HostileSessions hostile = new HostileSessions(system)) {
            run.awaitAnswers(2 * ReservationLoad.RATE);
            assertEquals(Map.of(), run.judge(true), "before the migration all is well");
            hostile.reader(READER);
            CompletableFuture<Void> end = CompletableFuture.runAsync(() -> {
                try {
                    migration.run();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            boolean ended = endsWithin(end, limit);
            run.awaitAnswers(ReservationLoad.RATE);
            found = run.judge(ended);
            if (!ended) {
                cancel();
                Awaitility.await("the migration's end").atMost(LIMIT).until(end::isDone);
            }
        }
        undo(undo);
        assertEquals(String.join("\n", before), String.join("\n", catalogue()), "nothing is left of it");
        return found;
    }

    private static boolean endsWithin(CompletableFuture<Void> end, Duration limit)
            throws InterruptedException, ExecutionException {
        try {
            end.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    private void run(RedControl control) throws SQLException {
        try (Connection owner = system.connect("usage_owner", false)) {
            Slices.execute(owner, "SET lock_timeout = '" + control.lockTimeout().toMillis() + "ms'");
            for (String statement : control.statements()) {
                untilTheLockIsFree(owner, statement);
            }
        }
    }

    private static void untilTheLockIsFree(Connection owner, String statement) throws SQLException {
        long end = System.nanoTime() + LIMIT.toNanos();
        for (boolean done = false; !done; ) {
            try {
                Slices.execute(owner, statement);
                done = true;
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState()) || System.nanoTime() > end) {
                    throw e;
                }
                // whoever waited behind this attempt gets the table
                long next = System.nanoTime() + PAUSE.toNanos();
                Awaitility.await().atMost(LIMIT).until(() -> System.nanoTime() > next);
            }
        }
    }

    private void flywayAlone() {
        try {
            Flyway.configure()
                    .dataSource("jdbc:" + system.database(false), "usage_owner", system.secret("password.usage_owner"))
                    .locations("filesystem:" + folder)
                    .defaultSchema("usage")
                    .table("red_history")
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    .initSql("SET lock_timeout = 0")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            // it was ended, as somebody has to
            System.out.println("ended: " + e.getClass().getSimpleName());
        }
    }

    private void cancel() throws SQLException {
        try (Connection superuser = system.connect("postgres", false)) {
            Slices.query(superuser, """
                    SELECT pg_cancel_backend(a.pid)
                    FROM pg_stat_activity AS a
                    WHERE a.usename = 'usage_owner'
                    """);
        }
    }

    private void undo(List<String> statements) throws SQLException {
        try (Connection owner = system.connect("usage_owner", false)) {
            Slices.execute(owner, "SET lock_timeout = '30s'");
            for (String statement : statements) {
                Slices.execute(owner, statement);
            }
        }
    }

    private List<String> catalogue() throws SQLException {
        try (Connection superuser = system.connect("postgres", false)) {
            return UsageCatalogue.read(superuser);
        }
    }
}
