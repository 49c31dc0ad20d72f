package daftar.acceptance;

import daftar.local.process.LocalProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** An instance of usage-service from some package, beside those that the launcher keeps. */
final class UsageInstance implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration GRACE = Duration.ofSeconds(60);

    private final String version;
    private final String address;
    private final String management;
    private final LocalProcess process;
    private final HttpClient http = HttpClient.newHttpClient();

    /** Requests that it was given and has not answered. */
    final AtomicInteger open = new AtomicInteger();

    final AtomicLong answered = new AtomicLong();

    /**
     * Starts it.
     *
     * @param version what its sessions say of themselves
     * @param place the service whose ports it takes, since that one does not run
     */
    UsageInstance(LocalSystem system, Path application, String version, String place) {
        this.version = version;
        this.address = system.api(place);
        this.management = system.management(place);
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        // as the package of a release would say it: the version is fixed when a package is built
        String name =
                "-Dquarkus.datasource.%sreactive.additional-properties.application_name=usage-service%s/" + version;
        this.process = LocalProcess.start(new LocalProcess.Plan(
                "usage-" + version,
                List.of(
                        java.toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-Duser.timezone=UTC",
                        name.formatted("", ""),
                        name.formatted("ro.", "-ro"),
                        "-jar",
                        application.resolve("quarkus-run.jar").toAbsolutePath().toString()),
                Map.of(
                        "QUARKUS_HTTP_PORT", port(address),
                        "QUARKUS_MANAGEMENT_PORT", port(management),
                        "DAFTAR_PRIMARY_URL", system.database(false),
                        "DAFTAR_REPLICA_URL", system.database(true),
                        "DAFTAR_DATABASE_PASSWORD", system.secret("password.usage_app"),
                        "KAFKA_BOOTSTRAP_SERVERS", system.kafka(),
                        "DAFTAR_ISSUER", system.api("identity")),
                application,
                system.logs().resolve("../run/usage-" + version + ".pid").normalize(),
                system.logs().resolve("usage-" + version + ".log")));
    }

    String version() {
        return version;
    }

    String address() {
        return address;
    }

    /** Waits until it says so; one that does not is ended. */
    void awaitReady() {
        boolean ready = false;
        try {
            Awaitility.await("usage-service " + version + " is ready, see " + process.logFile())
                    .atMost(START)
                    .pollInterval(Duration.ofMillis(100))
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(this::isReady);
            ready = true;
        } finally {
            if (!ready) {
                close();
            }
        }
    }

    private boolean isReady() throws IOException, InterruptedException {
        if (!process.isAlive()) {
            throw new IllegalStateException("usage-service " + version + " died: " + process.lastLogLines(10));
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(management + "/q/health/ready"))
                .timeout(Duration.ofSeconds(5))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }

    /** Ends it as an orchestrator does, once nobody sends it anything more and what it was sent is answered. */
    void drainAndStop() {
        Awaitility.await("answers of usage-service " + version).atMost(GRACE).until(() -> open.get() == 0);
        if (!process.stop("TERM", GRACE)) {
            throw new IllegalStateException("usage-service " + version + " did not end by itself");
        }
    }

    @Override
    public void close() {
        process.stop("TERM", GRACE);
    }

    private static String port(String address) {
        return Integer.toString(URI.create(address).getPort());
    }
}
