package daftar.testkit.notes;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import daftar.kit.telemetry.Traces;
import daftar.testkit.LogLines;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import daftar.testkit.Topics;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class TraceTest {

    private static final String CALLERS_SPAN = "00f067aa0ba902b7";

    private final Stack stack = Stack.current();
    private final String traceId = UUID.randomUUID().toString().replace("-", "");

    /** Quarkus injects tests through fields alone. */
    @Inject
    Spans spans;

    @BeforeEach
    void table() {
        Notes.createTable(stack);
    }

    @Test
    void aRequestGoesOnWithTheTraceOfItsCallerAndItsSpanTellsNothingOfAPerson() {
        UUID user = stack.newUser();
        given().auth()
                .oauth2(Tokens.person(user))
                .header(Traces.HEADER, traceparent())
                .header("X-Forwarded-For", "203.0.113.7")
                .header("User-Agent", "the phone of " + user)
                .get("/v1/users/{id}/notes?limit=7", user)
                .then()
                .statusCode(200);

        SpanData span = ofTheServer();
        assertEquals(CALLERS_SPAN, span.getParentSpanId());
        assertEquals("GET /v1/users/{user_id}/notes", span.getName());
        assertEquals("/v1/users/{user_id}/notes", span.getAttributes().get(AttributeKey.stringKey("http.route")));
        String attributes = span.getAttributes().toString();
        for (String personal : List.of(user.toString(), "limit", "203.0.113.7", "127.0.0.1\"", "phone")) {
            assertFalse(attributes.contains(personal), () -> personal + " is in " + attributes);
        }
    }

    @Test
    void aLogLineCarriesTheTraceOfTheRequest() {
        try (LogLines log = new LogLines()) {
            given().header(Traces.HEADER, traceparent())
                    .get("/v1/broken")
                    .then()
                    .statusCode(500);

            var fields = log.with("unexpected failure").get(0).fields();
            assertEquals(traceId, fields.get("traceId"));
            assertNotEquals(CALLERS_SPAN, fields.get("spanId"));
        }
    }

    @Test
    void anEventCarriesTheTraceOfTheRequestThatWroteIt() {
        UUID user = stack.newUser();
        given().auth()
                .oauth2(Tokens.person(user))
                .header(Traces.HEADER, traceparent())
                .post("/v1/users/{id}/events", user)
                .then()
                .statusCode(204);

        String server = ofTheServer().getSpanId();
        try (Topics topics = new Topics(stack)) {
            var headers = await().atMost(Duration.ofSeconds(30))
                    .until(
                            () -> topics.read("user-events").stream()
                                    .filter(record ->
                                            user.toString().equals(new String(record.key(), StandardCharsets.UTF_8)))
                                    .map(record -> record.headers().lastHeader(Traces.HEADER))
                                    .toList(),
                            found -> !found.isEmpty());
            assertEquals(
                    "00-" + traceId + "-" + server + "-01",
                    new String(headers.get(0).value(), StandardCharsets.UTF_8));
        }
    }

    private String traceparent() {
        return "00-" + traceId + "-" + CALLERS_SPAN + "-01";
    }

    /** Not the only one of the trace: the first request of all fetches the issuer's keys. */
    private SpanData ofTheServer() {
        return await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> spans.of(traceId).stream()
                                .filter(span -> span.getKind() == SpanKind.SERVER)
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }
}
