package daftar.kit.inbox;

import daftar.kit.inbox.Effect.DeadLetter;
import io.quarkus.runtime.util.HashUtil;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * Keeps what cannot be processed in the slice's table {@code dead_letters} and in the dead-letter topic,
 * the bytes unchanged. First the table, then the topic, and only then is the offset committed: a crash in
 * between repeats the batch. So the table has each record once, the topic at least once. A record is told from another of the same place, which a topic
 * that was made anew has, by what it holds.
 */
final class DeadLetters {

    private static final String KEEP = """
            INSERT INTO dead_letters (topic, partition, "offset", key, value, headers, reason, digest)
            SELECT d.topic,
                   d.partition,
                   d."offset",
                   decode(d.key, 'base64'),
                   decode(d.value, 'base64'),
                   d.headers,
                   d.reason,
                   decode(d.digest, 'hex')
            FROM jsonb_to_recordset($1)
                AS d (topic text, partition int, "offset" bigint, key text, value text, headers jsonb, reason text,
                      digest text)
            ON CONFLICT DO NOTHING
            """;

    /** Letters on their way to the broker at a time: an emitter that is given more than its buffer of 128 takes refuses. */
    private static final int AT_A_TIME = 64;

    private final Pool pool;
    private final MutinyEmitter<byte[]> topic;

    DeadLetters(Pool pool, MutinyEmitter<byte[]> topic) {
        this.pool = pool;
        this.topic = topic;
    }

    /** Completes once the table and the broker both have all of them. */
    Uni<Void> keep(List<DeadLetter> letters) {
        JsonArray rows = new JsonArray(letters.stream().map(DeadLetters::row).toList());
        return pool.preparedQuery(KEEP)
                .execute(Tuple.of(rows))
                .chain(() -> Multi.createFrom()
                        .iterable(letters)
                        .onItem()
                        .transformToUni(this::publish)
                        .merge(AT_A_TIME)
                        .onItem()
                        .ignoreAsUni());
    }

    /** All that may be any bytes is Base64; a header's name is text, in which PostgreSQL takes no NUL. */
    private static JsonObject row(DeadLetter letter) {
        ConsumerRecord<byte[], byte[]> record = letter.record();
        JsonArray headers = new JsonArray();
        record.headers()
                .forEach(header -> headers.add(new JsonObject()
                        .put("name", header.key().replace("\0", ""))
                        .put("value", base64(header.value()))));
        JsonObject row = new JsonObject()
                .put("topic", record.topic())
                .put("partition", record.partition())
                .put("offset", record.offset())
                .put("key", base64(record.key()))
                .put("value", base64(record.value()))
                .put("headers", headers);
        String digest = HashUtil.sha256(row.encode());
        return row.put("reason", letter.reason()).put("digest", digest);
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    private Uni<Void> publish(DeadLetter letter) {
        ConsumerRecord<byte[], byte[]> record = letter.record();
        Headers headers = new RecordHeaders(record.headers().toArray());
        header(headers, "dead-letter-reason", letter.reason());
        header(headers, "dead-letter-topic", record.topic());
        header(headers, "dead-letter-partition", Integer.toString(record.partition()));
        header(headers, "dead-letter-offset", Long.toString(record.offset()));
        OutgoingKafkaRecordMetadata<byte[]> metadata = OutgoingKafkaRecordMetadata.<byte[]>builder()
                .withKey(record.key())
                .withHeaders(headers)
                .build();
        return topic.sendMessage(Message.of(record.value()).addMetadata(metadata));
    }

    private static void header(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
