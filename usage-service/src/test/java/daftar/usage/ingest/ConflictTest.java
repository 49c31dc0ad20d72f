package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static daftar.usage.ingest.UsageEvents.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Two events with one id that do not say the same: the first counts, the other is kept and alerted. */
@QuarkusTest
@WithTestResource(TestStack.class)
class ConflictTest {

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();
    private final String id = UUID.randomUUID().toString();
    private final MeterRegistry meters;

    @Inject
    ConflictTest(MeterRegistry meters) {
        this.meters = meters;
    }

    @Test
    void theSecondOfABatchIsKeptAsAConflict() {
        double before = conflicts();

        send(List.of(event(0, data(user, 1)), event(0, data(user, 2)), event(0, data(user, 1))));

        await().until(() -> kept() == 1);
        assertEquals(1, events.tokens(user));
        assertEquals(before + 1, conflicts());
    }

    @Test
    void oneThatComesLaterIsKeptAsAConflictWhateverItChanges() {
        send(List.of(event(0, data(user, 1))));
        await().until(() -> events.rows(user) == 1);
        List<String> others = List.of(
                data(user, 2),
                data(user, 1, "2026-01-02T03:04:05.000001Z"),
                data(user, 1, "2026-03-02T03:04:05Z"),
                data(user, 1).replace("tutor", "chat"),
                data(user, 1).replace("}", ",\"speech_seconds\":1}"),
                data(user, 1).replace("}", ",\"cost_usd\":\"0.000001\"}"),
                data(user, 1).replace("}", ",\"metadata\":{\"model\":\"a\"}}"),
                data(user, 1).replaceAll("session_id\":\"........", "session_id\":\"00000000"),
                data(stack.newUser(), 1));

        send(others.stream().map(data -> event(0, data)).toList());

        await().until(() -> kept() == others.size());
        assertEquals(1, events.rows(user));
    }

    @Test
    void oneThatSaysTheSameInOtherWordsIsADuplicate() {
        send(List.of(event(0, data(user, 1))));
        await().until(() -> events.rows(user) == 1);

        send(List.of(
                event(0, data(user, 1, "2026-01-02T05:04:05+02:00")),
                event(0, data(user, 1).replace("}", ",\"speech_seconds\":0,\"cost_usd\":\"0.00\"}")),
                event(0, data(user, 1).replace("}", ",\"of_a_later_version\":1}")),
                event(0, data(user, 2))));

        await().until(() -> kept() == 1);
        assertEquals(1, events.tokens(user));
    }

    @Test
    void theOrderOfFieldsSaysNothingInTheMetadataEither() {
        String one = data(user, 1).replace("}", ",\"metadata\":{\"a\":{\"b\":1,\"c\":[2,3]},\"d\":4}}");
        String other = data(user, 1).replace("}", ",\"metadata\":{\"d\":4,\"a\":{\"c\":[2,3],\"b\":1}}}");

        send(List.of(event(0, one), event(0, other), event(0, one.replace("[2,3]", "[3,2]"))));

        await().until(() -> kept() == 1);
        assertEquals(1, events.rows(user));
    }

    @Test
    void ofTwoOnDifferentPartitionsOneCountsAndOneIsKept() {
        List<String> ids = IntStream.range(0, 200)
                .mapToObj(i -> UUID.randomUUID().toString())
                .toList();

        send(ids.stream()
                .map(one -> record(1, one, utf8(one), utf8(data(user, 1))))
                .toList());
        send(ids.stream()
                .map(one -> record(2, one, utf8(one), utf8(data(user, 2))))
                .toList());

        await().until(() -> ids.stream().mapToLong(this::kept).sum() == ids.size());
        assertEquals(ids.size(), events.rows(user));
    }

    /** An event of before there were digests: nobody can say what it said, so the same id is a duplicate. */
    @Test
    void anIdThatCountedWithoutADigestIsADuplicateWhateverTheEventSays() {
        stack.execute("usage_owner", "INSERT INTO usage_event_keys (id) VALUES (?)", UUID.fromString(id));

        send(List.of(event(0, data(user, 1)), record(0, UUID.randomUUID().toString(), user, data(user, 8))));

        await().until(() -> events.tokens(user) == 8);
        assertEquals(0, kept());
    }

    private long kept() {
        return kept(id);
    }

    private long kept(String one) {
        List<Map<String, Object>> letters =
                stack.query("usage_owner", "SELECT reason FROM dead_letters WHERE key = ?", (Object) utf8(one));
        letters.forEach(
                letter -> assertEquals("conflict: another event has counted under this id", letter.get("reason")));
        return letters.size();
    }

    private double conflicts() {
        return meters.counter(UsageIngest.CONFLICTS).count();
    }

    /** With the id for its key, by which its letter is found. */
    private ProducerRecord<byte[], byte[]> event(int partition, String data) {
        return record(partition, id, utf8(id), utf8(data));
    }

    private void send(List<ProducerRecord<byte[], byte[]>> records) {
        try (Topics topics = new Topics(stack)) {
            topics.send(records);
        }
    }
}
