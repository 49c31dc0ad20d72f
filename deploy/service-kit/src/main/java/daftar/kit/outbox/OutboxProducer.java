package daftar.kit.outbox;

import io.smallrye.common.annotation.Identifier;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jboss.logging.Logger;

/**
 * Sends a turn's events, of each topic and key one at a time, and leaves nothing behind when the turn ends.
 *
 * <p>Kafka's own client and no channel, which would try again by itself: when anything could not be sent,
 * the client is thrown away with all that it still holds. Sent behind the back of the next relay, an old
 * state would be the last of its key, and the one that a compacted topic keeps.
 */
@Dependent
class OutboxProducer {

    /** The first column of a row that is a header of the record. */
    static final int FIRST_HEADER = 4;

    private static final Logger LOG = Logger.getLogger(OutboxProducer.class);

    /** After this nothing more is begun. */
    private static final Duration LONGEST_TURN = Duration.ofSeconds(10);

    /** With the longest turn shorter than an open transaction may idle, 30 s, however silent the broker is. */
    private static final Map<String, Object> SETTINGS = Map.of(
            "acks", "all",
            "enable.idempotence", true,
            "linger.ms", 0,
            "max.block.ms", 5_000,
            "request.timeout.ms", 5_000,
            "delivery.timeout.ms", 10_000);

    private final Map<String, Object> settings;
    private KafkaProducer<byte[], byte[]> client;

    @Inject
    OutboxProducer(@Identifier("default-kafka-broker") Map<String, Object> kafka) {
        this.settings = new HashMap<>(kafka);
        this.settings.putAll(SETTINGS);
    }

    /**
     * Sends the first event of each key, and the next once the broker has it. Waits, so not for an event loop.
     *
     * @return the ids of those that the broker has
     */
    List<Long> publish(RowSet<Row> rows) {
        long begun = System.nanoTime();
        List<Long> sent = new ArrayList<>();
        try {
            send(byKey(rows), begun, sent);
        } finally {
            if (sent.size() < rows.size()) {
                close();
            }
        }
        return sent;
    }

    private Map<String, Queue<Row>> byKey(RowSet<Row> rows) {
        Map<String, Boolean> topics = new HashMap<>();
        Map<String, Queue<Row>> waiting = new LinkedHashMap<>();
        for (Row row : rows) {
            if (topics.computeIfAbsent(row.getString("topic"), this::reaches)) {
                waiting.computeIfAbsent(row.getString("topic") + " " + row.getString("key"), key -> new ArrayDeque<>())
                        .add(row);
            }
        }
        return waiting;
    }

    private void send(Map<String, Queue<Row>> waiting, long begun, List<Long> sent) {
        while (!waiting.isEmpty() && System.nanoTime() - begun < LONGEST_TURN.toNanos()) {
            Map<String, Future<RecordMetadata>> wave = new LinkedHashMap<>();
            waiting.forEach((key, events) -> wave.put(key, client.send(record(events.element()))));
            wave.forEach((key, sending) -> {
                Queue<Row> events = waiting.get(key);
                try {
                    sending.get();
                    sent.add(events.remove().getLong("id"));
                } catch (ExecutionException | InterruptedException failure) {
                    LOG.warnf("an event was not sent: %s", failure.getCause());
                    events.clear();
                }
            });
            waiting.values().removeIf(Queue::isEmpty);
        }
    }

    /** Whether the broker knows the topic; sending to another would wait for it with each event. */
    private boolean reaches(String topic) {
        try {
            if (client == null) {
                client = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
            }
            return !client.partitionsFor(topic).isEmpty();
        } catch (KafkaException unreachable) {
            return false;
        }
    }

    private static ProducerRecord<byte[], byte[]> record(Row row) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(row.getString("topic"), utf8(row.getString("key")), utf8(row.getString("data")));
        for (int column = FIRST_HEADER; column < row.size(); column++) {
            if (row.getString(column) != null) {
                record.headers().add(row.getColumnName(column), utf8(row.getString(column)));
            }
        }
        return record;
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** Gives up what is still under way; the next turn begins with a client of its own. */
    void close() {
        if (client != null) {
            client.close(Duration.ZERO);
            client = null;
        }
    }
}
