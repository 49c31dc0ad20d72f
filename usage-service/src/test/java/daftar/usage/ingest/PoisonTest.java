package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.TOPIC;
import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static daftar.usage.ingest.UsageEvents.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** A thousand records, a third of them poison of every kind, in any order: the good ones count, exactly. */
@QuarkusTest
@WithTestResource(TestStack.class)
class PoisonTest {

    private static final int GOOD = 667;
    private static final int BAD = 333;
    private static final int NOTHING_BUT_BAD = 3_000;

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();

    private final List<IntFunction<ProducerRecord<byte[], byte[]>>> poisons = List.of(
            i -> new ProducerRecord<>(TOPIC, i % 6, null, null),
            i -> new ProducerRecord<>(TOPIC, i % 6, new byte[0], new byte[] {0, -1, -2}),
            i -> withData(i, null),
            i -> withData(i, ""),
            i -> withData(i, "[1]"),
            i -> withData(i, "{\"user_id\":"),
            i -> withData(i, "{".repeat(100_000)),
            i -> withData(i, "{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000)),
            i -> withData(i, data(user, -1)),
            i -> withData(i, data(user, 1).replace(":1,", ":99999999999,")),
            i -> withData(i, data(user, 1).replace(":1,", ":\"1\",")),
            i -> withData(i, data(user, 1).replace("tutor", "a\\u0000b")),
            i -> withData(i, data(user, 1).replace("tutor", "\\ud800")),
            i -> withData(i, data(user, 1).replace("tutor", "x".repeat(51))),
            i -> withData(i, data(UUID.randomUUID(), 1)),
            i -> withData(i, data(user, 1, "1066-10-14T09:00:00Z")),
            i -> withData(i, data(user, 1, "+999999999-12-31T23:59:59Z")),
            i -> withHeader(i, "ce_type", utf8("daftar.usage.recorded.v2")),
            i -> withHeader(i, "ce_id", utf8("")),
            i -> withHeader(i, "ce_time", utf8("yesterday")),
            i -> withHeader(i, "ce_specversion", utf8("9.9")),
            i -> withHeader(i, "ce_source", utf8("no : reference")),
            i -> withHeader(i, "ce_id", null));

    @Test
    void poisonOfEveryKindNeitherStopsNorChangesWhatIsAmongIt() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < GOOD; i++) {
            records.add(withData(i, data(user, i)));
        }
        for (int i = 0; i < BAD; i++) {
            records.add(poisons.get(i % poisons.size()).apply(i));
        }
        Collections.shuffle(records, new Random(seed));
        long lettersBefore = letters();

        try (Topics topics = new Topics(stack)) {
            topics.send(records);
            topics.send(IntStream.range(0, 6)
                    .mapToObj(i -> withData(i, data(user, 0)))
                    .toList());
        }

        await().until(() -> events.rows(user) >= GOOD + 6 && letters() >= lettersBefore + BAD);
        assertEquals(GOOD + 6, events.rows(user));
        assertEquals(GOOD * (GOOD - 1) / 2, events.tokens(user));
        assertEquals(lettersBefore + BAD, letters());
    }

    @Test
    void aBatchOfNothingButPoisonIsKeptAsWell() {
        long lettersBefore = letters();

        try (Topics topics = new Topics(stack)) {
            topics.send(IntStream.range(0, NOTHING_BUT_BAD)
                    .mapToObj(i -> withData(0, data(user, -1)))
                    .toList());
            topics.send(List.of(withData(0, data(user, 1))));
        }

        await().until(() -> events.rows(user) == 1 && letters() >= lettersBefore + NOTHING_BUT_BAD);
        assertEquals(lettersBefore + NOTHING_BUT_BAD, letters());
    }

    private long letters() {
        return stack.number("usage_owner", "SELECT count(*) FROM dead_letters");
    }

    private ProducerRecord<byte[], byte[]> withData(int i, String data) {
        return record(i % 6, UUID.randomUUID().toString(), utf8(user.toString()), data == null ? null : utf8(data));
    }

    private ProducerRecord<byte[], byte[]> withHeader(int i, String name, byte[] value) {
        ProducerRecord<byte[], byte[]> record = withData(i, data(user, 1));
        record.headers().remove(name).add(name, value);
        return record;
    }
}
