package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * usage-service is replaced by its next release, and a column of its largest table by another, while requests go on and
 * other sessions are in the way: nobody notices. {@link LiveMigrationRedTest} proves that this test could fail.
 */
@ExtendWith(LiveProof.class)
class LiveMigrationTest {

    private static final Duration READER = Duration.ofSeconds(20);
    private static final Duration IDLE = Duration.ofSeconds(25);
    /** Longer than it takes to outlast the others; ended with the phase. */
    private static final Duration REPORT = Duration.ofMinutes(3);

    private static final Duration CAUGHT_UP = Duration.ofMinutes(2);
    private static final int QUIET = 8 * ReservationLoad.RATE;
    private static final int BOTH = 5 * ReservationLoad.RATE;

    private final LocalSystem system = LiveProof.system();
    private final LiveInstances instances = LiveProof.instances();

    @Test
    void aReleaseAndItsSchemaReplaceTheOnesBeforeAndNoRequestFails() throws Exception {
        PackagedMigrator migrator = LiveProof.migrator(LiveProof.NEXT);
        UsageInstance present = instances.all().get(0);
        try (LiveRun run = LiveProof.run()) {
            run.phase("quiet");
            run.awaitAnswers(QUIET);

            run.phase("expand, hostile sessions");
            PackagedMigrator.Run expand = amongHostileSessions(migrator, "--phase", "expand");
            // as the migrator's guard asks for: the report has held the replica up
            theReplicaCatchesUp();
            run.phase("back-fill");
            PackagedMigrator.Run backfill = done(migrator.run("--phase", "backfill"));

            run.phase("next release starts");
            UsageInstance next = new UsageInstance(system, LiveProof.NEXT, NextRelease.VERSION, "consent");
            next.awaitReady();
            LiveProof.warmUp(next);
            instances.add(next);
            run.phase("both releases live");
            run.awaitAnswers(BOTH);
            assertEquals(3, migrator.run(contract()).exitCode(), "the release before still runs");
            assertTrue(present.answered.get() > QUIET && next.answered.get() > BOTH / 4, "both have answered");
            run.phase("release before stops");
            instances.remove(present);
            present.drainAndStop();
            run.phase("next release alone");
            run.awaitAnswers(BOTH);

            run.phase("contract, hostile sessions");
            PackagedMigrator.Run contract = amongHostileSessions(migrator, contract());
            run.phase("afterwards");
            run.awaitAnswers(BOTH);
            run.finish();

            Map<Finding, String> findings = run.judge(true);
            System.out.println(run.table());
            List.of(expand, contract).forEach(each -> each.scripts().forEach(System.out::println));
            assertEquals(Map.of(), findings);
            assertTrue(expand.lockRetries() > 0, () -> "expand met the hostile sessions: " + expand.output());
            assertTrue(contract.lockRetries() > 0, () -> "contract met the hostile sessions: " + contract.output());
            assertTrue(
                    backfill.report().path("backfills").get(0).path("rows").asLong() >= HotTable.ROWS,
                    backfill::output);
            rowsAreWhatTheirCallersWereTold(run);
        }
        theReplicaCatchesUp();
        theSchemaIsThatOfAStraightMigration();
    }

    private static String[] contract() {
        return new String[] {"--phase", "contract", "--deployed-version", NextRelease.VERSION};
    }

    private PackagedMigrator.Run amongHostileSessions(PackagedMigrator migrator, String... arguments)
            throws SQLException, IOException, InterruptedException {
        try (HostileSessions hostile = new HostileSessions(system)) {
            CompletableFuture<String> report = hostile.report(REPORT);
            hostile.vacuum(IDLE);
            hostile.reader(READER);
            hostile.idleInTransaction(IDLE);
            PackagedMigrator.Run run = done(migrator.run(arguments));
            // it ends in peace after everything else, or the replica ends it
            assertFalse(report.isDone() && report.join().contains("done"), "the report met the new schema");
            System.out.println(hostile.await());
            return run;
        }
    }

    private static PackagedMigrator.Run done(PackagedMigrator.Run run) {
        assertEquals(0, run.exitCode(), run::output);
        return run;
    }

    private void rowsAreWhatTheirCallersWereTold(LiveRun run) throws SQLException {
        try (Connection superuser = system.connect("postgres", false)) {
            assertEquals(List.of(), HotTable.differences(superuser, "token_count", run.reservations()));
            // what was settled is on its way through Kafka
            Awaitility.await("balances")
                    .atMost(CAUGHT_UP)
                    .untilAsserted(() -> assertEquals(List.of(), HotTable.wrongBalances(superuser, "token_count")));
        }
    }

    private void theReplicaCatchesUp() throws SQLException {
        try (Connection superuser = system.connect("postgres", false)) {
            String position = Slices.query(superuser, "SELECT pg_current_wal_insert_lsn()")
                    .get(0);
            Awaitility.await("the replica")
                    .atMost(CAUGHT_UP)
                    .until(() -> Slices.query(
                                    superuser,
                                    "SELECT bool_and(r.replay_lsn >= ?::pg_lsn) FROM pg_stat_replication AS r",
                                    position)
                            .get(0)
                            .equals("true"));
        }
    }

    /** Of an empty database, by the same packages and all phases at once. */
    private void theSchemaIsThatOfAStraightMigration() throws Exception {
        try (Connection superuser = system.connect("postgres", false)) {
            Slices.execute(superuser, "CREATE DATABASE straight");
            List<String> live = UsageCatalogue.read(superuser);
            try (Connection straight = straight()) {
                for (String slice : List.of("identity", "usage")) {
                    Slices.execute(straight, "CREATE SCHEMA " + slice + " AUTHORIZATION " + slice + "_owner");
                }
                Slices.execute(straight, "GRANT USAGE ON SCHEMA identity TO usage_owner");
                Path identity = LiveProof.PRESENT.resolveSibling("../../identity-service/target/quarkus-app");
                done(migrator(identity.normalize(), "identity").run("--phase", "all"));
                done(migrator(LiveProof.NEXT, "usage").run("--phase", "all"));
                assertEquals(String.join("\n", UsageCatalogue.read(straight)), String.join("\n", live));
            }
        }
    }

    private PackagedMigrator migrator(Path application, String slice) {
        return new PackagedMigrator(application, straightAddress(), system.secret("password." + slice + "_owner"));
    }

    private Connection straight() throws SQLException {
        return java.sql.DriverManager.getConnection(
                "jdbc:" + straightAddress(), "postgres", system.secret("password.postgres"));
    }

    private String straightAddress() {
        return system.database(false).replaceFirst("/daftar$", "/straight");
    }
}
