package daftar.local.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import daftar.local.replay.ReplayPlan.Event;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class ReplayPlanTest {
    private static final Instant START = Instant.parse("2023-11-16T18:15:46.680590Z");
    private final TrafficFile file = trace("0123456789abcdef", 1000);

    @Test
    void isTheSameEveryTime() {
        assertEquals(ReplayPlan.of(file, 7), ReplayPlan.of(trace("0123456789abcdef", 1000), 7));
    }

    @Test
    void givesEveryRowAnIdOfItsOwnInEveryPlan() {
        List<UUID> ids = Stream.of(
                        ReplayPlan.of(file, 7), ReplayPlan.of(file, 8), ReplayPlan.of(trace("fedcba98", 1000), 7))
                .flatMap(plan -> plan.events().stream())
                .map(Event::id)
                .toList();
        assertEquals(3000, ids.stream().distinct().count());
    }

    @Test
    void plansOfDifferentSizeShareNoUser() {
        assertNotEquals(ReplayPlan.of(file, 7).email(0), ReplayPlan.of(file, 8).email(0));
        assertEquals(
                "replay-01234567-7-001@replay.daftar.localhost",
                ReplayPlan.of(file, 7).email(0));
    }

    @Test
    void everyUserGetsRowsAndTogetherTheyGetAllOfThem() {
        ReplayPlan plan = ReplayPlan.of(file, 40);
        assertTrue(plan.tallies().stream().allMatch(tally -> tally.events() > 0));
        assertEquals(new Tally(1000, file.tokensUsed()), Tally.sum(plan.tallies()));
    }

    @Test
    void aSessionBelongsToOneUserAndHasTenRowsAtMost() {
        Map<UUID, List<Event>> sessions =
                ReplayPlan.of(file, 40).events().stream().collect(Collectors.groupingBy(Event::session));
        sessions.forEach((session, events) -> {
            assertTrue(events.size() <= 10);
            assertEquals(1, events.stream().map(Event::user).distinct().count());
        });
        assertTrue(sessions.size() >= 100, () -> sessions.size() + " sessions");
    }

    @Test
    void publishesARowAsACloudEventKeyedByItsUser() throws Exception {
        ReplayPlan plan = ReplayPlan.of(file, 1);
        UUID user = UUID.fromString("0195c0de-0000-7000-8000-000000000001");
        Event event = plan.events().get(0);
        ProducerRecord<String, byte[]> message = new Publication(plan, List.of(user)).message(event);
        assertEquals("usage-events", message.topic());
        assertEquals(user.toString(), message.key());
        assertEquals(
                Map.of(
                        "content-type", "application/json",
                        "ce_specversion", "1.0",
                        "ce_id", event.id().toString(),
                        "ce_source", "urn:daftar:replay:01234567-1",
                        "ce_type", "daftar.usage.recorded.v1",
                        "ce_subject", user.toString(),
                        "ce_time", "2023-11-16T18:15:46.680590Z"),
                Stream.of(message.headers().toArray())
                        .collect(Collectors.toMap(
                                header -> header.key(), header -> new String(header.value(), StandardCharsets.UTF_8))));
        JsonNode data = new ObjectMapper().readTree(message.value());
        JsonNode expected = new ObjectMapper().readTree("""
                {"user_id": "%s", "session_id": "%s", "service_name": "chat", "tokens_used": 11, "speech_seconds": 0,
                 "timestamp": "2023-11-16T18:15:46.680590Z",
                 "metadata": {"context_tokens": 1, "generated_tokens": 10}}""".formatted(user, event.session()));
        assertEquals(expected, data);
        assertEquals(Set.of(), schemaOfUsage().validate(data));
        assertArrayEquals(
                message.value(),
                new Publication(plan, List.of(user)).message(event).value());
    }

    /** As usage-service, whose topic it is, has committed it. */
    private static JsonSchema schemaOfUsage() {
        Path file = Path.of("../../usage-service/src/main/resources/events/daftar.usage.recorded.v1.json");
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(file.toUri());
    }

    @Test
    void comparisonAgreesOnlyWhenEveryFigureDoes() {
        Tally two = new Tally(2, 30);
        Comparison.Line equal = new Comparison.Line("001", two, two, two, two);
        assertTrue(new Comparison(List.of(equal), 2, 2).agrees());
        assertFalse(new Comparison(List.of(equal), 2, 1).agrees(), "an event's id is missing");
        for (Comparison.Line different : List.of(
                new Comparison.Line("001", two, new Tally(1, 30), two, two),
                new Comparison.Line("001", two, two, new Tally(2, 31), two),
                new Comparison.Line("001", two, two, two, Tally.NONE))) {
            Comparison comparison = new Comparison(List.of(equal, different), 4, 4);
            assertFalse(comparison.agrees());
            assertTrue(comparison.text().contains("DIFFERENT: 1 of 2 users"), comparison::text);
        }
    }

    @Test
    void comparisonSeesDifferencesThatCancelOutInTheSum() {
        Tally two = new Tally(2, 30);
        Comparison comparison = new Comparison(
                List.of(
                        new Comparison.Line("001", two, new Tally(3, 40), two, two),
                        new Comparison.Line("002", two, new Tally(1, 20), two, two)),
                4,
                4);
        assertFalse(comparison.agrees());
    }

    private static TrafficFile trace(String sha256, int rows) {
        return new TrafficFile(
                sha256,
                IntStream.rangeClosed(1, rows)
                        .mapToObj(number -> new TrafficFile.Row(number, START.plusSeconds(number - 1L), number, 10))
                        .toList());
    }
}
