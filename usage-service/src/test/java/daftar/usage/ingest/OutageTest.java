package daftar.usage.ingest;

import static daftar.usage.ingest.UsageEvents.await;
import static daftar.usage.ingest.UsageEvents.data;
import static daftar.usage.ingest.UsageEvents.record;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Topics;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What the probes say, and what is left of the events, when a part crashes in the middle of the work. */
@QuarkusTest
@WithTestResource(TestStack.class)
class OutageTest {

    /** Several batches, so that the crash comes between them or in one. */
    private static final int EVENTS = 6000;

    private static final Duration NOTICED_WITHIN = Duration.ofSeconds(12);

    private final Stack stack = Stack.current();
    private final UsageEvents events = new UsageEvents(stack);
    private final UUID user = stack.newUser();

    @Test
    void goesOnByItselfAfterTheBrokerCrashedAndCountsEverythingOnce() {
        await().until(() -> probe("ready") == 200);
        List<ProducerRecord<byte[], byte[]>> sent = batch();
        send(sent);
        await().until(() -> events.rows(user) > 0);

        stack.kafka().kill();
        try {
            await().atMost(NOTICED_WITHIN).until(() -> probe("ready") == 503);
            assertEquals(200, probe("live"));
        } finally {
            stack.kafka().start();
        }
        await().until(() -> probe("ready") == 200);
        send(sent);
        send(batch());

        await().until(() -> events.rows(user) >= 2 * EVENTS);
        assertEquals(2 * EVENTS, events.tokens(user));
        assertEquals(200, probe("live"));
    }

    @Test
    void goesOnByItselfAfterThePrimaryCrashedAndCountsEverythingOnce() {
        await().until(() -> probe("ready") == 200);
        List<ProducerRecord<byte[], byte[]>> sent = batch();
        send(sent);
        await().until(() -> events.rows(user) > 0);

        stack.postgres().primary().kill();
        try {
            await().atMost(NOTICED_WITHIN).until(() -> probe("ready") == 503);
            send(sent);
            assertEquals(200, probe("live"));
        } finally {
            stack.postgres().primary().start();
        }

        await().until(() -> events.rows(user) >= EVENTS);
        await().until(() -> probe("ready") == 200);
        assertEquals(EVENTS, events.tokens(user));
        assertEquals(
                0,
                stack.number(
                        "usage_owner",
                        "SELECT count(*) FROM dead_letters WHERE key = convert_to(?, 'UTF8')",
                        user.toString()));
        assertEquals(200, probe("live"));
    }

    @Test
    void noticesThatTheBrokerIsFrozen() {
        await().until(() -> probe("ready") == 200);

        stack.kafka().pause();
        try {
            await().atMost(NOTICED_WITHIN).until(() -> probe("ready") == 503);
            assertEquals(200, probe("live"));
        } finally {
            stack.kafka().resume();
        }
        await().until(() -> probe("ready") == 200);
    }

    private List<ProducerRecord<byte[], byte[]>> batch() {
        return IntStream.range(0, EVENTS)
                .mapToObj(i -> record(i % 6, UUID.randomUUID().toString(), user, data(user, 1)))
                .toList();
    }

    private void send(List<ProducerRecord<byte[], byte[]>> records) {
        try (Topics topics = new Topics(stack)) {
            topics.send(records);
        }
    }

    private int probe(String name) {
        return RestAssured.get("http://127.0.0.1:" + stack.managementPort() + "/q/health/" + name)
                .statusCode();
    }
}
