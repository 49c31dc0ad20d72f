package daftar.testkit;

import daftar.local.Installation;
import daftar.local.kafka.KafkaBroker;
import daftar.local.postgres.Database;
import daftar.local.postgres.Migrations;
import daftar.local.postgres.PostgresCluster;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * The real parts under a service's tests: a PostgreSQL primary with a streaming replica and a Kafka
 * broker, with all roles and topics, identity's slice and the service's own, and an issuer of tokens; an S3 store where
 * the service's application.properties names a bucket ({@code daftar.s3.bucket}).
 *
 * <p>Put {@code @WithTestResource(TestStack.class)} on a test class; classes that do so share one stack
 * and one application. Tests reach the parts through {@link Stack#current()}.
 */
public final class TestStack implements QuarkusTestResourceLifecycleManager {

    private Stack stack;
    private Issuer issuer;
    private Thread atExit;

    @Override
    public Map<String, String> start() {
        Properties properties = propertiesOfServiceUnderTest();
        String service = properties.getProperty("daftar.service");
        boolean storesObjects = properties.containsKey("daftar.s3.bucket");
        stack = Stack.describe(temporaryFolder(), Path.of("target", "test-stack-logs"));
        atExit = new Thread(this::stopParts, "stop the test stack");
        Runtime.getRuntime().addShutdownHook(atExit);
        KafkaBroker kafka = stack.kafka();
        CompletableFuture<Void> broker = CompletableFuture.runAsync(
                () -> {
                    kafka.start();
                    kafka.createTopics();
                },
                // Kafka's client loads classes by the thread's loader: the common pool's threads have another
                task -> inheritingTheClassLoader(task).start());
        PostgresCluster postgres = stack.postgres();
        postgres.start();
        new Database(Installation.find(), postgres).create(role -> Stack.PASSWORD);
        Migrations migrations =
                new Migrations(Installation.find(), postgres.primary().jdbcUrl(Database.NAME), role -> Stack.PASSWORD);
        Stream.of("identity", service).distinct().filter(migrations::has).forEach(migrations::migrate);
        Map<String, String> settings = new HashMap<>();
        if (storesObjects) {
            stack.s3().start();
            settings.put("quarkus.s3.endpoint-override", stack.s3().endpoint());
            settings.put("quarkus.s3.aws.credentials.type", "static");
            settings.put("quarkus.s3.aws.credentials.static-provider.access-key-id", Stack.PASSWORD);
            settings.put("quarkus.s3.aws.credentials.static-provider.secret-access-key", Stack.PASSWORD);
        }
        broker.join();
        stack.publish();

        int port = stack.servicePort();
        settings.put("quarkus.http.test-port", Integer.toString(port));
        // a port of 0 would give the two servers' metrics different tags, which Prometheus refuses
        settings.put("quarkus.management.test-port", Integer.toString(stack.managementPort()));
        settings.put(
                "daftar.primary.url",
                "postgresql://127.0.0.1:" + postgres.primary().port() + "/daftar");
        settings.put(
                "daftar.replica.url",
                "postgresql://127.0.0.1:" + postgres.replica().port() + "/daftar");
        settings.put("daftar.database.password", Stack.PASSWORD);
        settings.put("daftar.dead-letters.count-every", "1s"); // tests wait for the count
        settings.put("kafka.bootstrap.servers", kafka.bootstrapServers());
        if (service.equals("identity")) {
            settings.put("daftar.issuer", "http://127.0.0.1:" + port);
        } else {
            issuer = Issuer.start();
            settings.put("daftar.issuer", issuer.url());
        }
        return settings;
    }

    @Override
    public void stop() {
        if (issuer != null) {
            issuer.stop();
        }
        if (atExit != null) {
            Runtime.getRuntime().removeShutdownHook(atExit);
            stopParts();
        }
    }

    private static Thread inheritingTheClassLoader(Runnable task) {
        Thread thread = new Thread(task, "start the broker");
        thread.setContextClassLoader(TestStack.class.getClassLoader());
        return thread;
    }

    private void stopParts() {
        stack.kafka().stop();
        stack.s3().stop();
        stack.postgres().stop();
        delete(stack.folder());
    }

    /** The module's own application.properties, which names the service; surefire starts in the module. */
    private static Properties propertiesOfServiceUnderTest() {
        Properties properties = new Properties();
        Path ofService = Path.of("src/main/resources/application.properties");
        Path ofTestsAlone = Path.of("src/test/resources/application.properties");
        try (InputStream file = Files.newInputStream(Files.exists(ofService) ? ofService : ofTestsAlone)) {
            properties.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    /** Outside the build tree: PostgreSQL's unprivileged account must reach it wherever the build lies. */
    private static Path temporaryFolder() {
        try {
            Path folder = Files.createTempDirectory("daftar-test-");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
