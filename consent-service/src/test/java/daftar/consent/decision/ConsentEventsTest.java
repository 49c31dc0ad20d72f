package daftar.consent.decision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import daftar.testkit.Published;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What the other services hear of decisions. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ConsentEventsTest {

    private static final String TOPIC = "consent-events";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();

    @Test
    void everyDecisionIsToldWithTheChildsWholeState() throws NoSuchAlgorithmException {
        Consents.record(user, "tutoring", true);
        Consents.record(user, "learning_analytics", true);
        Response withdrawn = Consents.record(user, "tutoring", false);

        List<JsonNode> events = Published.events(stack, TOPIC, user, 3);
        assertEquals(List.of("tutoring"), types(events.get(0)));
        assertEquals(List.of("learning_analytics", "tutoring"), types(events.get(1)));
        JsonNode last = events.get(2).get("states").get(1);
        assertEquals("tutoring", last.get("consent_type").textValue());
        assertFalse(last.get("consent_given").booleanValue());
        assertEquals(withdrawn.path("consent_timestamp"), last.get("decided_at").textValue());
        assertEquals(sha256(Consents.GUARDIAN), last.get("guardian_email_hash").textValue());
        assertFalse(events.toString().contains("@"), "no address leaves the slice");
    }

    @Test
    void decisionsAtTheSameTimeAreAllInTheLastEvent() {
        List<CompletableFuture<Response>> decisions = IntStream.range(0, 8)
                .mapToObj(n -> CompletableFuture.supplyAsync(() -> Consents.record(user, "purpose_" + n, true)))
                .toList();
        decisions.forEach(CompletableFuture::join);

        List<JsonNode> events = Published.events(stack, TOPIC, user, 8);
        assertEquals(IntStream.range(0, 8).mapToObj(n -> "purpose_" + n).toList(), types(events.get(7)));
    }

    private static List<String> types(JsonNode event) {
        return StreamSupport.stream(event.get("states").spliterator(), false)
                .map(state -> state.get("consent_type").textValue())
                .toList();
    }

    private static String sha256(String text) throws NoSuchAlgorithmException {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}
