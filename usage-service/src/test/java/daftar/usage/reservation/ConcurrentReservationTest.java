package daftar.usage.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.usage.Subscriptions;
import daftar.usage.UsageTopic;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Everybody at once at one balance, over HTTP. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ConcurrentReservationTest {

    private static final int REQUESTS = 1_000;

    private final Stack stack = Stack.current();
    private final Subscriptions subscriptions = new Subscriptions(stack);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String token = ReservationApi.token();

    @Test
    void ofAThousandAsManyAreGrantedAsTheAllowanceHolds() {
        UUID user = subscriptions.newUser(7_000, 0);

        List<Integer> answers = atOnce(IntStream.range(0, REQUESTS)
                .mapToObj(i -> reserve(user, ReservationApi.wanted(user, 10, 600), UUID.randomUUID()))
                .toList());

        assertEquals(Map.of(201, 700L, 409, 300L), counted(answers));
        assertEquals(7_000, subscriptions.balance(user, "reserved_tokens"));
        assertEquals(700, rows(user));
    }

    /** Usage comes in and settles holds meanwhile: at no moment is more used and reserved than included. */
    @Test
    void nothingIsOverspentWhileReservationsAreSettledReleasedAndRepeated() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        UUID user = subscriptions.newUser(5_000, 0);
        stack.execute("usage_owner", """
                ALTER TABLE usage_balances ADD CONSTRAINT never_overspent
                CHECK (user_id <> '%s' OR used_tokens + reserved_tokens <= included_tokens)""".formatted(user));
        try (UsageTopic topic = new UsageTopic(stack)) {
            List<CompletableFuture<Void>> all = IntStream.range(0, 400)
                    .mapToObj(i -> {
                        int tokens = 1 + random.nextInt(60);
                        int used = random.nextInt(tokens + 1);
                        int end = random.nextInt(3);
                        return send(reserve(user, ReservationApi.wanted(user, tokens, 600), UUID.randomUUID()))
                                .thenCompose(answer -> answer.statusCode() == 201
                                        ? end(topic, user, id(answer), used, end)
                                        : CompletableFuture.completedFuture(null));
                    })
                    .toList();
            all.forEach(CompletableFuture::join);
            org.awaitility.Awaitility.await()
                    .atMost(java.time.Duration.ofSeconds(60))
                    .until(() -> subscriptions.balance(user, "reserved_tokens") == 0);
        } finally {
            stack.execute("usage_owner", "ALTER TABLE usage_balances DROP CONSTRAINT never_overspent");
        }

        assertEquals(
                stack.number("usage_owner", "SELECT sum(tokens_used) FROM usage_logs WHERE user_id = ?", user),
                subscriptions.balance(user, "used_tokens"));
        assertEquals(0, stack.number("usage_owner", "SELECT count(*) FROM dead_letters WHERE key = ?", utf8(user)));
    }

    @Test
    void ofOneRequestThatIsRepeatedAtOnceOneIsGranted() {
        UUID user = subscriptions.newUser(1_000, 0);
        UUID key = UUID.randomUUID();

        List<Integer> answers =
                atOnce(Collections.nCopies(50, reserve(user, ReservationApi.wanted(user, 10, 600), key)));

        assertEquals(true, answers.contains(201));
        assertEquals(10, subscriptions.balance(user, "reserved_tokens"));
        assertEquals(1, rows(user));
    }

    private CompletableFuture<Void> end(UsageTopic topic, UUID user, UUID id, int used, int end) {
        if (end == 0) {
            topic.send(List.of(UsageTopic.event(UUID.randomUUID(), user, used, id)));
            return CompletableFuture.completedFuture(null);
        }
        HttpRequest request = end == 1
                ? request(user, "/" + id + "/settlement", "POST", "{\"tokens_used\":" + used + "}")
                        .build()
                : request(user, "/" + id, "DELETE", "").build();
        List<CompletableFuture<HttpResponse<String>>> twice = List.of(send(request), send(request));
        return CompletableFuture.allOf(twice.toArray(CompletableFuture[]::new))
                .thenAccept(nothing ->
                        twice.forEach(answer -> assertEquals(2, answer.join().statusCode() / 100)));
    }

    private List<Integer> atOnce(List<HttpRequest> requests) {
        List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
        requests.forEach(request -> sent.add(send(request)));
        return sent.stream().map(answer -> answer.join().statusCode()).toList();
    }

    private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest reserve(UUID user, String body, UUID key) {
        return request(user, "", "POST", body)
                .header("Idempotency-Key", key.toString())
                .build();
    }

    private HttpRequest.Builder request(UUID user, String path, String method, String body) {
        return HttpRequest.newBuilder(URI.create(
                        "http://127.0.0.1:" + stack.servicePort() + "/v1/users/" + user + "/reservations" + path))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
    }

    private static UUID id(HttpResponse<String> answer) {
        return UUID.fromString(answer.body().replaceAll("(?s).*\"id\":\"([^\"]*)\".*", "$1"));
    }

    private static Map<Integer, Long> counted(List<Integer> answers) {
        return Stream.of(answers)
                .flatMap(List::stream)
                .collect(Collectors.groupingBy(one -> one, Collectors.counting()));
    }

    private long rows(UUID user) {
        return stack.number("usage_owner", "SELECT count(*) FROM usage_reservations WHERE user_id = ?", user);
    }

    private static byte[] utf8(UUID user) {
        return user.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
