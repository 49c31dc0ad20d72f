package daftar.testkit.notes;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The id that leads from an answer to its log lines. */
@QuarkusTest
@WithTestResource(TestStack.class)
class CorrelationTest {

    private static final String HEADER = "X-Correlation-Id";
    private static final String MADE = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

    @Test
    void theCallersIdComesBack() {
        UUID user = UUID.randomUUID();
        given().auth()
                .oauth2(Tokens.person(user))
                .header(HEADER, "lesson-7.2_a")
                .get("/v1/me")
                .then()
                .statusCode(200)
                .header(HEADER, "lesson-7.2_a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/me", "/v1/nothing/here", "/v1/without-rule", "/v1/cursor?cursor=none"})
    void everyRefusalHasOne(String path) {
        given().header(HEADER, "a").get(path).then().header(HEADER, "a").body("correlation_id", equalTo("a"));
        given().get(path).then().header(HEADER, matchesPattern(MADE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"with blank", "sara@example.com", "\"quoted\"", "{\"a\":1}"})
    void whatIsNoIdIsReplaced(String given) {
        given().header(HEADER, given).get("/v1/me").then().header(HEADER, matchesPattern(MADE));
    }

    @Test
    void aLogLineHasIt() {
        String id = UUID.randomUUID().toString();
        List<String> logged = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                if (record.getMessage() != null && record.getMessage().startsWith("unexpected failure")) {
                    logged.add(String.valueOf(ExtLogRecord.wrap(record).getMdc("correlation_id")));
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        try {
            given().header(HEADER, id).get("/v1/broken").then().statusCode(500).body("correlation_id", equalTo(id));
        } finally {
            root.removeHandler(handler);
        }
        assertEquals(List.of(id), logged);
    }
}
