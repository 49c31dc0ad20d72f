package daftar.identity.credential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkiverse.resteasy.problem.HttpProblem;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PasswordHashingTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SECRET = "correct horse battery";

    private final PasswordHashing hashing = new PasswordHashing(new SimpleMeterRegistry(), 2);

    @AfterEach
    void stop() {
        hashing.stop();
    }

    /** From the test vectors of the reference implementation, github.com/P-H-C/phc-winner-argon2, src/test.c. */
    @Test
    void agreesWithTheReferenceImplementation() {
        String reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assertTrue(Argon2id.matches("password", reference));
        assertFalse(Argon2id.matches("passwore", reference));
    }

    @Test
    void aHashCarriesItsCostAndASaltOfItsOwn() {
        String first = hashing.hash(SECRET).await().atMost(LIMIT);
        String second = hashing.hash(SECRET).await().atMost(LIMIT);
        assertTrue(
                first.matches("\\$argon2id\\$v=19\\$m=19456,t=2,p=1\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}"), first);
        assertNotEquals(first, second);
        assertTrue(hashing.matches(SECRET, first).await().atMost(LIMIT));
        assertFalse(hashing.matches(SECRET + "!", first).await().atMost(LIMIT));
        assertFalse(hashing.isOutdated(first));
        assertTrue(hashing.isOutdated(first.replace("m=19456", "m=12288")));
    }

    @Test
    void nobodysPasswordIsNeverRight() {
        assertFalse(hashing.matches("the password of nobody", null).await().atMost(LIMIT));
    }

    @Test
    void thePasswordTypedOnAnotherKeyboardIsTheSame() {
        String composed = hashing.hash("caf\u00e9 caf\u00e9 caf\u00e9").await().atMost(LIMIT);
        assertTrue(hashing.matches("cafe\u0301 cafe\u0301 cafe\u0301", composed)
                .await()
                .atMost(LIMIT));
    }

    /** Each core computes one and two wait for it; everybody else is told at once to come back later. */
    @Test
    void beyondTheQueueCallersAreSentAwayAtOnce() {
        int cores = Runtime.getRuntime().availableProcessors();
        int room = cores + 2 * cores;
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < room + 20; i++) {
            answers.add(hashing.hash(SECRET)
                    .map(hash -> 200)
                    .onFailure(HttpProblem.class)
                    .recoverWithItem(problem -> problem.getStatusCode())
                    .subscribeAsCompletionStage());
        }
        List<Integer> statuses = Uni.join()
                .all(answers.stream()
                        .map(Uni.createFrom()::<Integer>completionStage)
                        .toList())
                .andFailFast()
                .await()
                .atMost(LIMIT);
        long done = statuses.stream().filter(status -> status == 200).count();
        long refused = statuses.stream().filter(status -> status == 503).count();
        assertEquals(statuses.size(), done + refused);
        assertTrue(done >= room && refused > 0, done + " done, " + refused + " refused");
    }

    @Test
    void theEventLoopComputesNothingAndGetsTheAnswer() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            CompletableFuture<String> answeredOn = new CompletableFuture<>();
            Context context = vertx.getOrCreateContext();
            context.runOnContext(ignored -> hashing.hash(SECRET)
                    .subscribe()
                    .with(hash -> answeredOn.complete(
                            Context.isOnEventLoopThread() && Vertx.currentContext() == context
                                    ? "the loop"
                                    : "elsewhere")));
            CompletableFuture<Boolean> served = new CompletableFuture<>();
            context.runOnContext(ignored -> served.complete(!answeredOn.isDone()));
            assertTrue(served.get(30, TimeUnit.SECONDS), "the loop serves others while the hash is computed");
            assertEquals("the loop", answeredOn.get(30, TimeUnit.SECONDS));
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }
}
