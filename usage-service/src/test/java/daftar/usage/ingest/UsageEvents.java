package daftar.usage.ingest;

import daftar.testkit.Stack;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Events as a producer sends them, and what they leave in the tables. */
final class UsageEvents {

    static final String TOPIC = "usage-events";
    static final String DEAD_LETTERS = "usage-events.usage.dead-letter";
    static final String TIME = "2026-01-02T03:04:05Z";

    private final Stack stack;

    UsageEvents(Stack stack) {
        this.stack = stack;
    }

    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
    }

    static String data(UUID user, int tokens) {
        return data(user, tokens, TIME);
    }

    static String data(UUID user, int tokens, String timestamp) {
        return """
                {"user_id":"%s","session_id":"%s","service_name":"tutor","tokens_used":%d,"timestamp":"%s"}""".formatted(user, UUID.nameUUIDFromBytes(utf8("session")), tokens, timestamp);
    }

    static ProducerRecord<byte[], byte[]> record(Integer partition, String id, UUID user, String data) {
        return record(partition, id, utf8(user.toString()), utf8(data));
    }

    static ProducerRecord<byte[], byte[]> record(Integer partition, String id, byte[] key, byte[] value) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(TOPIC, partition, key, value);
        record.headers()
                .add("ce_specversion", utf8("1.0"))
                .add("ce_id", utf8(id))
                .add("ce_source", utf8("urn:test"))
                .add("ce_type", utf8(UsageRecorded.TYPE))
                .add("ce_time", utf8(TIME))
                .add("content-type", utf8("application/json"));
        return record;
    }

    long rows(UUID user) {
        return stack.number("usage_owner", "SELECT count(*) FROM usage_logs WHERE user_id = ?", user);
    }

    long tokens(UUID user) {
        return stack.number(
                "usage_owner", "SELECT coalesce(sum(tokens_used), 0) FROM usage_logs WHERE user_id = ?", user);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
