package daftar.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;

/** What a service has published about somebody, as any consumer finds it. */
public final class Published {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Published() {}

    /**
     * The data of a key's events in their order, a tombstone as JSON null, once there are so many. Each of
     * them must be an event as the service's committed catalogue describes it.
     */
    public static List<JsonNode> events(Stack stack, String topic, UUID key, int count) {
        EventCatalogue catalogue = EventCatalogue.committed();
        byte[] bytes = key.toString().getBytes(StandardCharsets.UTF_8);
        try (Topics topics = new Topics(stack)) {
            List<ConsumerRecord<byte[], byte[]>> records = Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(
                            () -> topics.read(topic).stream()
                                    .filter(record -> Arrays.equals(bytes, record.key()))
                                    .toList(),
                            found -> found.size() >= count);
            records.forEach(catalogue::assertDescribes);
            return records.stream().map(Published::data).toList();
        }
    }

    private static JsonNode data(ConsumerRecord<byte[], byte[]> record) {
        try {
            return record.value() == null ? NullNode.instance : JSON.readTree(record.value());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
