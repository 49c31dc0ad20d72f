package daftar.analytics.interaction;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A profile depends on what happened, never on how it arrived. */
@QuarkusTest
@WithTestResource(TestStack.class)
class InteractionOrderTest {

    private static final List<String> ZONES =
            List.of("Africa/Cairo", "Australia/Sydney", "Pacific/Kiritimati", "Etc/GMT+12");

    private final Stack stack = Stack.current();
    private final String writer = Tokens.service("interactions:write");

    @Test
    void anyOrderWithDuplicatesAndBatchesEndsAsTheOrderedReplayDoes() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 8; round++) {
            List<Map<String, Object>> happened = happened(random);
            UUID ordered = stack.newUser();
            UUID shuffled = stack.newUser();
            happened.forEach(one -> send(ordered, List.of(one)));

            List<Map<String, Object>> arrivals = new ArrayList<>(happened);
            IntStream.range(0, 15).forEach(i -> arrivals.add(happened.get(random.nextInt(happened.size()))));
            Collections.shuffle(arrivals, random);
            List<Map<String, Object>> renamed =
                    arrivals.stream().map(InteractionOrderTest::ofAnotherUser).toList();
            for (int from = 0; from < renamed.size(); ) {
                int to = Math.min(renamed.size(), from + 1 + random.nextInt(9));
                send(shuffled, renamed.subList(from, to));
                from = to;
            }
            assertEquals(profiles(ordered), profiles(shuffled), "seed " + seed + ", round " + round);
        }
    }

    @Test
    void tenRequestsAtOnceForOneConceptLoseNothing() throws InterruptedException, ExecutionException {
        UUID user = stack.newUser();
        ExecutorService threads = Executors.newFixedThreadPool(10);
        try {
            List<Future<?>> all = IntStream.range(0, 40)
                    .<Future<?>>mapToObj(i -> threads.submit(() -> send(
                            user,
                            List.of(Sent.interaction(
                                    UUID.randomUUID(), "fractions", true, "2026-03-01T10:00:%02dZ".formatted(i))))))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertEquals(
                40,
                stack.number(
                        "analytics_owner", "SELECT total_interactions FROM learning_profiles WHERE user_id = ?", user));
    }

    /** Forty interactions of two concepts in the order in which they count, some of them of the same moment. */
    private static List<Map<String, Object>> happened(Random random) {
        List<Map<String, Object>> happened = new ArrayList<>();
        Instant at = Instant.parse("2026-04-20T08:00:00Z");
        for (int i = 0; i < 40; i++) {
            at = at.plusSeconds(random.nextInt(4) == 0 ? 0 : random.nextInt(100_000));
            // the id grows with the row, so that rows of one moment stand in the order of (occurred_at, id); the high
            // bit
            // of some tells a signed comparison from PostgreSQL's
            UUID id = UUID.fromString("%08x-%s"
                    .formatted(0x7ffffff0L + i, UUID.randomUUID().toString().substring(9)));
            Map<String, Object> one =
                    Sent.interaction(id, "concept " + random.nextInt(2), random.nextBoolean(), at.toString());
            one.put("time_zone", ZONES.get(random.nextInt(ZONES.size())));
            happened.add(one);
        }
        return happened;
    }

    /** The same interaction under an id that no other user has, and that sorts the same. */
    private static Map<String, Object> ofAnotherUser(Map<String, Object> interaction) {
        Map<String, Object> renamed = new java.util.LinkedHashMap<>(interaction);
        String id = interaction.get("id").toString();
        renamed.put("id", id.substring(0, 35) + (id.endsWith("0") ? "1" : "0"));
        return renamed;
    }

    private void send(UUID user, List<Map<String, Object>> interactions) {
        Sent.post(writer, user, Sent.json(interactions)).then().statusCode(200);
    }

    private List<Map<String, Object>> profiles(UUID user) {
        return stack.query(
                "analytics_owner",
                "SELECT subject, concept, mastery_score, last_interaction, total_interactions, streak_days "
                        + "FROM learning_profiles WHERE user_id = ? ORDER BY subject, concept",
                user);
    }
}
