package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.local.Installation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A system with a large table and one instance of usage-service that the tests replace, started once for all test classes
 * that ask for it. Each leaves the schema either as it was or as the next release has it, and an instance that fits it.
 */
final class LiveProof implements BeforeAllCallback {

    static final Path PRESENT = Installation.find().root().resolve("usage-service/target/quarkus-app");
    static final Path NEXT = Path.of("target", "next-release").toAbsolutePath();

    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(LiveProof.class);

    private static volatile Running running;

    @Override
    public void beforeAll(ExtensionContext context) {
        running = context.getRoot().getStore(SPACE).computeIfAbsent("live", key -> new Running(), Running.class);
    }

    static LocalSystem system() {
        return running.system;
    }

    static LiveInstances instances() {
        return running.instances;
    }

    /** Under load from now on; its seed is printed, and taken from {@code daftar.live.seed} where there is one. */
    static LiveRun run() throws SQLException, IOException {
        long seed = Long.getLong("daftar.live.seed", new Random().nextLong());
        System.out.println("daftar.live.seed=" + seed);
        return new LiveRun(running.system, running.instances, running.users, seed);
    }

    /** What a load balancer does that starts slowly: the instance gets requests, but no more than it answers. */
    static void warmUp(UsageInstance instance) {
        running.warmUp(instance);
    }

    static PackagedMigrator migrator(Path application) {
        return new PackagedMigrator(
                application, running.system.database(false), running.system.secret("password.usage_owner"));
    }

    /** JUnit closes what its store holds when all tests are done. */
    private static final class Running implements AutoCloseable {

        private final LocalSystem system = new LocalSystem();
        private final LiveInstances instances = new LiveInstances();
        private List<UUID> users;

        Running() {
            boolean ready = false;
            try {
                begin();
                ready = true;
            } catch (SQLException | IOException e) {
                throw new IllegalStateException(e);
            } finally {
                if (!ready) {
                    close();
                }
            }
        }

        private void begin() throws SQLException, IOException {
            LocalSystem.Outcome up = system.up("--detach", "--services", "identity");
            assertEquals(0, up.exitCode(), up.output());
            NextRelease.make(PRESENT, NEXT);
            try (Connection superuser = system.connect("postgres", false);
                    Connection replica = system.connect("postgres", true)) {
                for (Connection server : List.of(superuser, replica)) {
                    Slices.execute(server, "ALTER SYSTEM SET log_line_prefix = '" + ServerErrors.PREFIX + "'");
                    Slices.execute(server, "ALTER SYSTEM SET log_lock_waits = on");
                    Slices.execute(server, "ALTER SYSTEM SET deadlock_timeout = '200ms'");
                    Slices.execute(server, "SELECT pg_reload_conf()");
                }
                users = HotTable.fill(superuser).subList(0, 100);
            }
            UsageInstance present = new UsageInstance(system, PRESENT, "1.0.0", "usage");
            present.awaitReady();
            instances.add(present);
            warmUp(present);
        }

        private void warmUp(UsageInstance instance) {
            LiveInstances alone = new LiveInstances();
            alone.add(instance);
            ReservationLoad load = new ReservationLoad(system, alone, users, 0);
            load.warmUp();
            assertEquals(List.of(), load.failures());
        }

        @Override
        public void close() {
            instances.all().forEach(UsageInstance::close);
            try {
                system.close();
                NextRelease.delete(NEXT);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
