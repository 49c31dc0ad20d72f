package daftar.local.benchmark;

import daftar.local.postgres.PostgresCluster;
import daftar.local.stack.Addresses;
import daftar.local.stack.Secrets;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How long a reservation takes: over HTTP, with an access token and an {@code Idempotency-Key}, at a steady rate, whatever
 * the answers take. The time runs from when a request was to be sent, so that one that waits behind a slow one counts.
 */
public final class ReservationRun {
    private static final int MOST_TOKENS = 5_000;
    private static final int WARM_UP = 4_000;
    private static final int AT_ONCE = 8;

    private final Addresses addresses;
    private final Secrets secrets;
    private final PrintStream out;
    private final AtomicLong turnedAway = new AtomicLong();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Of a running system that nothing else uses. */
    public ReservationRun(Addresses addresses, Secrets secrets, PrintStream out) {
        this.addresses = addresses;
        this.secrets = secrets;
        this.out = out;
    }

    /**
     * How much is measured.
     *
     * @param rate reservations a second
     * @param seconds that are measured
     * @param users whose balances they are of
     */
    public record Size(int rate, int seconds, int users) {}

    /** Prints the figures; the last line is {@code p99 N ms}, of reservations in many balances. */
    public void run(Size size) throws Exception {
        try (Connection database = connect()) {
            out.printf(
                    Locale.ROOT,
                    "%d processors, Java %s, PostgreSQL %s, load average %s%n",
                    Runtime.getRuntime().availableProcessors(),
                    System.getProperty("java.version"),
                    database.getMetaData().getDatabaseProductVersion(),
                    Files.readString(Path.of("/proc/loadavg")).strip());
            List<UUID> users =
                    Stream.generate(UUID::randomUUID).limit(size.users()).toList();
            prepare(database, users);
            String token = token();
            warmUp(token, users);
            double[] many = send(token, users, size.rate(), size.seconds());
            double[] one = send(token, users.subList(0, 1), size.rate(), size.seconds());
            check(database, users, WARM_UP + 2L * size.rate() * size.seconds() - turnedAway.get());
            print("in " + size.users() + " balances", size, many);
            print("all in one balance", size, one);
            out.printf(
                    Locale.ROOT,
                    "%d requests were turned away (503): more than the machine can do%n",
                    turnedAway.get());
            out.printf(Locale.ROOT, "p99 %.1f ms%n", percentile(many, 99));
        }
    }

    /** As fast as the answers come: a service that has just been started is not at its speed. */
    private void warmUp(String token, List<UUID> users) {
        for (int i = 0; i < WARM_UP; i += AT_ONCE) {
            IntStream.range(i, i + AT_ONCE)
                    .mapToObj(one -> reserve(token, users.get(one % users.size())))
                    .toList()
                    .forEach(CompletableFuture::join);
        }
    }

    /** Latencies in milliseconds, the shortest first. */
    private double[] send(String token, List<UUID> users, int rate, int seconds) {
        long begin = System.nanoTime();
        List<CompletableFuture<Double>> sent = new ArrayList<>();
        for (int i = 0; i < rate * seconds; i++) {
            long due = begin + i * 1_000_000_000L / rate;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            sent.add(reserve(token, users.get(i % users.size())).thenApply(granted -> (System.nanoTime() - due) / 1e6));
        }
        return sent.stream().mapToDouble(CompletableFuture::join).sorted().toArray();
    }

    private CompletableFuture<Void> reserve(String token, UUID user) {
        String body = "{\"tokens\":" + (1 + Math.floorMod(user.hashCode(), MOST_TOKENS))
                + ",\"ttl_seconds\":600,\"service_name\":\"tutor\",\"session_id\":\"" + user + "\"}";
        return http.sendAsync(
                        request("usage", "/v1/users/" + user + "/reservations", "Bearer " + token, "application/json")
                                .header("Idempotency-Key", UUID.randomUUID().toString())
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .thenAccept(answer -> {
                    if (answer.statusCode() == 503) {
                        turnedAway.incrementAndGet();
                    } else {
                        require(answer, 201);
                    }
                });
    }

    private String token() throws IOException, InterruptedException {
        String basic = Base64.getEncoder()
                .encodeToString(("tutor:" + secrets.get("client_secret.tutor")).getBytes(StandardCharsets.ISO_8859_1));
        HttpResponse<String> answer = http.send(
                request("identity", "/oauth2/token", "Basic " + basic, "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials&scope=usage:write"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        require(answer, 200);
        return answer.body().replaceAll("(?s).*\"access_token\":\"([^\"]*)\".*", "$1");
    }

    private HttpRequest.Builder request(String service, String path, String authorization, String type) {
        return HttpRequest.newBuilder(URI.create(addresses.get(service) + path))
                .header("Authorization", authorization)
                .header("Content-Type", type);
    }

    private static void require(HttpResponse<String> answer, int status) {
        if (answer.statusCode() != status) {
            throw new IllegalStateException(answer.uri() + " answered " + answer.statusCode() + " " + answer.body());
        }
    }

    private void print(String what, Size size, double[] latencies) {
        out.printf(
                Locale.ROOT,
                "%d/s for %d s, %s: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, most %.1f ms%n",
                size.rate(),
                size.seconds(),
                what,
                percentile(latencies, 50),
                percentile(latencies, 95),
                percentile(latencies, 99),
                latencies[latencies.length - 1]);
    }

    private static double percentile(double[] sorted, int percent) {
        return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    /** Pupils with an allowance that lasts, as if billing had told of it. */
    private static void prepare(Connection database, List<UUID> users) throws SQLException {
        for (String sql : List.of("""
                INSERT INTO identity.users (id, email)
                SELECT id, id || '@benchmark.invalid' FROM unnest(?) AS u (id)""", """
                INSERT INTO usage.usage_balances (user_id, period_end, subscription_id, period_start, ends_at, plan_name,
                                                  usage_limit, included_tokens, included_speech_seconds, sequence,
                                                  complete)
                SELECT id, date_trunc('day', now()) + interval '30 days', id, date_trunc('day', now()),
                       date_trunc('day', now()) + interval '30 days', 'benchmark', 'hard', 1000000000000, 0, 1, true
                FROM unnest(?) AS u (id)""")) {
            try (PreparedStatement statement = database.prepareStatement(sql)) {
                statement.setArray(1, database.createArrayOf("uuid", users.toArray()));
                statement.execute();
            }
        }
    }

    /** As many reservations as were asked for, and the balances hold just them. */
    private static void check(Connection database, List<UUID> users, long expected) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement("""
                SELECT count(*), sum(tokens)::bigint,
                       (SELECT sum(reserved_tokens)::bigint FROM usage.usage_balances WHERE user_id = ANY (?))
                FROM usage.usage_reservations WHERE user_id = ANY (?)""")) {
            statement.setArray(1, database.createArrayOf("uuid", users.toArray()));
            statement.setArray(2, database.createArrayOf("uuid", users.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (row.getLong(1) != expected || row.getLong(2) != row.getLong(3)) {
                    throw new IllegalStateException("the balances differ from the reservations");
                }
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                addresses.get("primary"), PostgresCluster.SUPERUSER, secrets.password(PostgresCluster.SUPERUSER));
    }
}
