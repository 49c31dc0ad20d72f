package daftar.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Reservations over HTTP at a steady rate, whatever the answers take: granted, read again, settled and released by whichever
 * instance has its turn. A request that is not answered as it must be has failed; none is sent twice.
 */
final class ReservationLoad implements AutoCloseable {

    /** Requests a second. */
    static final int RATE = 60;

    private static final int WARM_UP = 800;
    private static final int AT_ONCE = 4;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration TOKEN_LIFE = Duration.ofMinutes(2);
    private static final int MOST_TOKENS = 5_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LocalSystem system;
    private final LiveInstances instances;
    private final List<UUID> users;
    private final Random random;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /** What is held and nobody asks about at the moment. */
    private final Queue<Known> held = new ConcurrentLinkedQueue<>();
    /** Every reservation's tokens, as they were last answered. */
    private final Map<UUID, Integer> answered = new ConcurrentHashMap<>();

    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Latencies latencies = new Latencies();
    private final AtomicLong open = new AtomicLong();
    private final Thread sender = new Thread(this::send, "reservation-load");
    private volatile boolean sending = true;

    /** A reservation, and the position that its newest answer had. */
    private record Known(UUID id, UUID user, int tokens, String position) {}

    /** Sends nothing before it is told to. */
    ReservationLoad(LocalSystem system, LiveInstances instances, List<UUID> users, long seed) {
        this.system = system;
        this.instances = instances;
        this.users = users;
        this.random = new Random(seed);
    }

    /** From now on at the steady rate. */
    void begin() {
        sender.start();
    }

    /**
     * As fast as the answers come, a few at once: a service that has just been started cannot keep the steady rate on a machine
     * that has much else to do.
     */
    void warmUp() {
        String token = token();
        for (int sent = 0; sent < WARM_UP; sent += AT_ONCE) {
            IntStream.range(0, AT_ONCE)
                    .mapToObj(one -> sendOne(token, System.nanoTime()))
                    .toList()
                    .forEach(CompletableFuture::join);
        }
    }

    /** Where the times of answers are kept from now on. */
    void phase(String name) {
        latencies.phase(name);
    }

    Latencies latencies() {
        return latencies;
    }

    /** What went wrong, request by request. */
    List<String> failures() {
        return List.copyOf(failures);
    }

    /** Each reservation that was granted, with the tokens that it must have. */
    Map<UUID, Integer> reservations() {
        return Map.copyOf(answered);
    }

    /** Sends nothing more and waits for the answers. */
    void finish() {
        sending = false;
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        org.awaitility.Awaitility.await("the last answers")
                .atMost(LIMIT.plusSeconds(5))
                .until(() -> open.get() == 0);
    }

    @Override
    public void close() {
        finish();
    }

    private void send() {
        long begin = System.nanoTime();
        long renew = begin;
        String token = "";
        for (long i = 0; sending; i++) {
            long due = begin + i * 1_000_000_000L / RATE;
            if (due >= renew) {
                token = token();
                renew = due + TOKEN_LIFE.toNanos();
            }
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            var unused = sendOne(token, due);
        }
    }

    /** Of ten requests five reserve, three read, one settles and one releases. */
    private CompletableFuture<Void> sendOne(String token, long due) {
        int kind = random.nextInt(10);
        Known known = kind < 5 ? null : held.poll();
        if (known == null) {
            return reserve(token, due);
        } else if (kind < 8) {
            return read(token, due, known);
        }
        return kind == 8 ? settle(token, due, known) : release(token, due, known);
    }

    private CompletableFuture<Void> reserve(String token, long due) {
        UUID user = users.get(random.nextInt(users.size()));
        int tokens = 1 + random.nextInt(MOST_TOKENS);
        String body = "{\"tokens\":" + tokens + ",\"ttl_seconds\":3600,\"service_name\":\"tutor\",\"session_id\":\""
                + UUID.randomUUID() + "\"}";
        HttpRequest.Builder request = request(token)
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return exchange(request, "/v1/users/" + user + "/reservations", 201, due, answer -> {
            JsonNode granted = JSON.readTree(answer.body());
            require(granted.path("tokens").asInt() == tokens, answer);
            UUID id = UUID.fromString(granted.path("id").asText());
            answered.put(id, tokens);
            held.add(new Known(id, user, tokens, position(answer, "")));
        });
    }

    private CompletableFuture<Void> read(String token, long due, Known known) {
        return exchange(
                request(token).header("Daftar-Position", known.position()).GET(), path(known), 200, due, answer -> {
                    JsonNode read = JSON.readTree(answer.body());
                    require(
                            read.path("tokens").asInt() == known.tokens()
                                    && read.path("service_name").asText().equals("tutor"),
                            answer);
                    held.add(known);
                });
    }

    private CompletableFuture<Void> settle(String token, long due, Known known) {
        int used = known.tokens() / 2;
        HttpRequest.Builder request =
                request(token).POST(HttpRequest.BodyPublishers.ofString("{\"tokens_used\":" + used + "}"));
        return exchange(request, path(known) + "/settlement", 200, due, answer -> {
            require(JSON.readTree(answer.body()).path("tokens").asInt() == used, answer);
            answered.put(known.id(), used);
        });
    }

    private CompletableFuture<Void> release(String token, long due, Known known) {
        return exchange(request(token).DELETE(), path(known), 204, due, answer -> {});
    }

    /** Looks at an answer that has the status it must have. */
    @FunctionalInterface
    private interface Look {
        void at(HttpResponse<String> answer) throws IOException;
    }

    private CompletableFuture<Void> exchange(
            HttpRequest.Builder request, String path, int status, long due, Look look) {
        UsageInstance instance = instances.take();
        open.incrementAndGet();
        HttpRequest sent = request.uri(URI.create(instance.address() + path)).build();
        return http.sendAsync(sent, HttpResponse.BodyHandlers.ofString())
                .thenAccept(answer -> {
                    require(answer.statusCode() == status, answer);
                    try {
                        look.at(answer);
                    } catch (IOException e) {
                        throw new IllegalStateException("unreadable: " + answer.body(), e);
                    }
                })
                .whenComplete((nothing, failure) -> {
                    latencies.add(System.nanoTime() - due);
                    if (failure != null) {
                        failures.add(instance.version() + " " + sent.method() + ": " + failure.getMessage());
                    }
                    instance.answered.incrementAndGet();
                    instance.open.decrementAndGet();
                    open.decrementAndGet();
                })
                // told in failures already
                .exceptionally(failure -> null);
    }

    private static void require(boolean right, HttpResponse<String> answer) {
        if (!right) {
            throw new IllegalStateException("answered " + answer.statusCode() + " " + answer.body());
        }
    }

    private static String position(HttpResponse<String> answer, String before) {
        return answer.headers().firstValue("Daftar-Position").orElse(before);
    }

    private static String path(Known known) {
        return "/v1/users/" + known.user() + "/reservations/" + known.id();
    }

    private static HttpRequest.Builder request(String token) {
        return HttpRequest.newBuilder()
                .timeout(LIMIT)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json");
    }

    private String token() {
        return io.restassured.RestAssured.given()
                .auth()
                .preemptive()
                .basic("tutor", system.secret("client_secret.tutor"))
                .formParam("grant_type", "client_credentials")
                .formParam("scope", "usage:write")
                .post(system.api("identity") + "/oauth2/token")
                .then()
                .statusCode(200)
                .extract()
                .path("access_token");
    }
}
