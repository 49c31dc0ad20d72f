package daftar.usage;

import daftar.testkit.Stack;
import daftar.testkit.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Usage of the present, as the tutor sends it. */
public final class UsageTopic implements AutoCloseable {

    private final Topics topics;

    public UsageTopic(Stack stack) {
        this.topics = new Topics(stack);
    }

    /** Sends that tokens were used now. */
    public void used(UUID user, int tokens) {
        send(List.of(event(UUID.randomUUID(), user, tokens, null)));
    }

    /** Sends the events as they are. */
    public void send(List<ProducerRecord<byte[], byte[]>> events) {
        topics.send(events);
    }

    /**
     * An event, of any partition: its key is its id.
     *
     * @param reservation that it settles, or null
     */
    public static ProducerRecord<byte[], byte[]> event(UUID id, UUID user, int tokens, UUID reservation) {
        String data = """
                {"user_id":"%s","session_id":"%s","service_name":"tutor","tokens_used":%d%s}""".formatted(
                        user, user, tokens, reservation == null ? "" : ",\"reservation_id\":\"" + reservation + "\"");
        ProducerRecord<byte[], byte[]> event = new ProducerRecord<>("usage-events", utf8(id.toString()), utf8(data));
        event.headers()
                .add("ce_specversion", utf8("1.0"))
                .add("ce_id", utf8(id.toString()))
                .add("ce_source", utf8("urn:test"))
                .add("ce_type", utf8("daftar.usage.recorded.v1"))
                .add("ce_time", utf8(Instant.now().toString()))
                .add("content-type", utf8("application/json"));
        return event;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        topics.close();
    }
}
