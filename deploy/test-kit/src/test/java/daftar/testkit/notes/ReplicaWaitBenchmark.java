package daftar.testkit.notes;

import static org.awaitility.Awaitility.await;

import daftar.kit.position.Position;
import daftar.kit.telemetry.Meters;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/**
 * Two hundred times a second a write and at once a read with its position: who serves the read, and how
 * long it takes. Run by {@code deploy/test-kit/replica-wait-benchmark}, and by no build.
 */
@QuarkusTest
@WithTestResource(TestStack.class)
class ReplicaWaitBenchmark {

    private static final int PAIRS_PER_SECOND = Integer.getInteger("pairs", 200);
    private static final int WARM_UP = 10 * PAIRS_PER_SECOND;
    private static final int PAIRS = 20 * PAIRS_PER_SECOND;

    private final Stack stack = Stack.current();
    private final MeterRegistry meters;
    private final Duration wait;
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger refused = new AtomicInteger();
    private final ConcurrentLinkedQueue<Long> reads = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Long> pairs = new ConcurrentLinkedQueue<>();

    @Inject
    ReplicaWaitBenchmark(MeterRegistry meters, @ConfigProperty(name = "daftar.replica.wait") Duration wait) {
        this.meters = meters;
        this.wait = wait;
    }

    @Test
    void measure() {
        Notes.createTable(stack);
        UUID user = stack.newUser();
        run(user, WARM_UP);
        reads.clear();
        pairs.clear();
        refused.set(0);
        double onReplica = served("replica");
        double onPrimary = served("primary_replica_behind");
        long statements = statements();
        run(user, PAIRS);
        double replica = served("replica") - onReplica;
        double primary = served("primary_replica_behind") - onPrimary;
        System.out.printf(
                Locale.ROOT,
                "wait %2d ms | %d/s | replica %5.1f %% | read p50 %.1f p99 %.1f ms | write+read p50 %.1f p99 %.1f ms |"
                        + " transactions on the primary %.2f a pair | refused %d%n",
                wait.toMillis(),
                PAIRS_PER_SECOND,
                100 * replica / (replica + primary),
                quantile(reads, 0.5),
                quantile(reads, 0.99),
                quantile(pairs, 0.5),
                quantile(pairs, 0.99),
                (statements() - statements) / (double) PAIRS,
                refused.get());
    }

    /** An open loop: a slow answer does not put the next request off. */
    private void run(UUID user, int count) {
        String writer = Tokens.service("notes:write", "notes:read");
        List<CompletableFuture<?>> running = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = start + i * Duration.ofSeconds(1).toNanos() / PAIRS_PER_SECOND;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            running.add(pair(user, writer, due));
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
    }

    private CompletableFuture<?> pair(UUID user, String token, long due) {
        HttpRequest write = request("/v1/notes", token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Notes.note(UUID.randomUUID(), user)))
                .build();
        return client.sendAsync(write, HttpResponse.BodyHandlers.discarding()).thenCompose(written -> {
            long begun = System.nanoTime();
            HttpRequest read = request("/v1/users/" + UUID.randomUUID() + "/notes", token)
                    .header(
                            Position.HEADER,
                            written.headers().firstValue(Position.HEADER).orElseThrow())
                    .build();
            return client.sendAsync(read, HttpResponse.BodyHandlers.discarding())
                    .thenAccept(done -> {
                        reads.add(System.nanoTime() - begun);
                        pairs.add(System.nanoTime() - due);
                    });
        });
    }

    private HttpRequest.Builder request(String path, String token) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stack.servicePort() + path))
                .header("Authorization", "Bearer " + token);
    }

    private double served(String route) {
        return meters.get(Meters.READS).tag("route", route).counter().count();
    }

    private long statements() {
        // the servers' backends report their work within a second of being idle
        await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
        return stack.number("consent_owner", "SELECT xact_commit FROM pg_stat_database WHERE datname = 'daftar'");
    }

    private static double quantile(Iterable<Long> nanos, double share) {
        List<Long> sorted = new ArrayList<>();
        nanos.forEach(sorted::add);
        Collections.sort(sorted);
        return sorted.get((int) (share * (sorted.size() - 1))) / 1e6;
    }
}
