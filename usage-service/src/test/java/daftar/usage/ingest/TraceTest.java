package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static daftar.usage.ingest.UsageEvents.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.kit.telemetry.Traces;
import daftar.testkit.LogLines;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class TraceTest {

    private final Stack stack = Stack.current();
    private final String traceId = UUID.randomUUID().toString().replace("-", "");

    @Test
    void whatIsLoggedOfAnEventCarriesItsProducersTraceAndSoDoesItsDeadLetter() {
        byte[] key = utf8(UUID.randomUUID().toString());
        byte[] traceparent = utf8("00-" + traceId + "-00f067aa0ba902b7-01");
        ProducerRecord<byte[], byte[]> ofAnUnknownUser =
                record(0, UUID.randomUUID().toString(), key, utf8(data(UUID.randomUUID(), 1)));
        ofAnUnknownUser.headers().add(Traces.HEADER, traceparent);
        try (LogLines log = new LogLines();
                Topics topics = new Topics(stack)) {
            topics.send(List.of(ofAnUnknownUser));

            await().until(() -> log.with("1 dead letters").stream()
                    .anyMatch(line -> traceId.equals(line.fields().get("traceId"))));
            var deadLetter = topics.read(UsageEvents.DEAD_LETTERS).stream()
                    .filter(record -> Arrays.equals(key, record.key()))
                    .findFirst()
                    .orElseThrow();
            assertArrayEquals(
                    traceparent, deadLetter.headers().lastHeader(Traces.HEADER).value());
            assertEquals(1, countOf(deadLetter.headers().headers(Traces.HEADER)));
        }
    }

    private static long countOf(Iterable<?> things) {
        long count = 0;
        for (Object ignored : things) {
            count++;
        }
        return count;
    }
}
