package daftar.kit.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.kit.problem.DatabaseFailure;
import daftar.local.Installation;
import daftar.local.postgres.Failover;
import daftar.local.postgres.PostgresCluster;
import daftar.local.postgres.PostgresServer;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A connection goes to the server that has the wanted role when it is made. */
class ServersTest {

    private static final String PASSWORD = "superuser-of-a-test";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Vertx vertx = Vertx.vertx();
    private final Path folder = folder();
    private final PostgresCluster cluster = cluster(folder);
    private final Failover failover = new Failover(cluster, () -> {}, line -> {});
    private final PostgresServer first = cluster.primary();
    private final PostgresServer second = cluster.replica();
    // whichever is named first
    private final List<PgConnectOptions> addresses = List.of(address(second), address(first));
    private final Servers writes = new Servers(vertx, addresses, true);
    private final Servers reads = new Servers(vertx, addresses, false);

    @BeforeEach
    void bothServersRunAndTheReplicaFollows() {
        cluster.start();
        Awaitility.await().atMost(LIMIT).until(() -> {
            failover.look();
            return failover.isReady();
        });
    }

    @AfterEach
    void nothingIsLeft() {
        cluster.stop();
        LocalProcess.run(LIMIT, List.of("rm", "-rf", folder.toString()));
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void writesFollowThePromotionAndReadsTheReplica() throws Exception {
        assertEquals(first.port(), port(writes));
        assertEquals(second.port(), port(reads));

        first.kill();
        assertTrue(DatabaseFailure.isTransient(failureOf(writes)), "there is no primary for a moment");
        failover.replacePrimary();

        assertEquals(second.port(), port(writes));
        assertTrue(DatabaseFailure.isTransient(failureOf(reads)), "there is no replica for a moment");
        failover.replaceReplica();
        assertEquals(second.port(), port(writes));
        assertEquals(first.port(), port(reads));
    }

    @Test
    void anOutdatedPrimaryIsNotWrittenTo() throws Exception {
        first.kill();
        failover.replacePrimary();

        first.start();

        assertEquals(second.port(), port(writes));
        first.stop();
    }

    @Test
    void aSingleServerIsTakenAsItIs() throws Exception {
        assertEquals(second.port(), port(new Servers(vertx, List.of(address(second)), true)));
    }

    private static int port(Servers servers) throws Exception {
        return servers.find()
                .toCompletionStage()
                .toCompletableFuture()
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .getPort();
    }

    private static Throwable failureOf(Servers servers) {
        return assertThrows(ExecutionException.class, () -> port(servers)).getCause();
    }

    private static PgConnectOptions address(PostgresServer server) {
        PgConnectOptions options = new PgConnectOptions();
        options.setHost(Loopback.ADDRESS)
                .setPort(server.port())
                .setDatabase("postgres")
                .setUser(PostgresCluster.SUPERUSER)
                .setPassword(PASSWORD);
        return options;
    }

    private static PostgresCluster cluster(Path folder) {
        List<Integer> ports = Loopback.freePorts(2);
        return new PostgresCluster(
                Installation.find(),
                new PostgresCluster.Options(
                        folder.resolve("data"),
                        folder.resolve("logs"),
                        ports.get(0),
                        ports.get(1),
                        PASSWORD,
                        "streams",
                        32));
    }

    /** Which the account of the servers may enter. */
    private static Path folder() {
        try {
            Path folder = Files.createTempDirectory("daftar-servers-");
            return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
