package daftar.kit.inbox;

import daftar.kit.inbox.Effect.DeadLetter;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * Keeps what cannot be processed in the slice's table {@code dead_letters} and in the dead-letter topic,
 * the bytes unchanged. The table has each record once; the topic at least once.
 */
final class DeadLetters {

    private static final String KEEP = """
            INSERT INTO dead_letters (topic, partition, "offset", key, value, headers, reason)
            SELECT d.topic, d.partition, d."offset", d.key, d.value, d.headers::jsonb, d.reason
            FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[], $7::text[])
                AS d (topic, partition, "offset", key, value, headers, reason)
            ON CONFLICT (topic, partition, "offset") DO NOTHING
            """;

    private final Pool pool;
    private final MutinyEmitter<byte[]> topic;

    DeadLetters(Pool pool, MutinyEmitter<byte[]> topic) {
        this.pool = pool;
        this.topic = topic;
    }

    /** Completes once the table and the broker both have all of them. */
    Uni<Void> keep(List<DeadLetter> letters) {
        if (letters.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return pool.preparedQuery(KEEP)
                .execute(columns(letters))
                .chain(() -> Uni.join()
                        .all(letters.stream().map(this::publish).toList())
                        .andFailFast())
                .replaceWithVoid();
    }

    private static Tuple columns(List<DeadLetter> letters) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfString(strings(letters, letter -> letter.record().topic()))
                .addArrayOfInteger(letters.stream()
                        .map(letter -> letter.record().partition())
                        .toArray(Integer[]::new))
                .addArrayOfLong(
                        letters.stream().map(letter -> letter.record().offset()).toArray(Long[]::new))
                .addArrayOfBuffer(letters.stream()
                        .map(letter -> buffer(letter.record().key()))
                        .toArray(Buffer[]::new))
                .addArrayOfBuffer(letters.stream()
                        .map(letter -> buffer(letter.record().value()))
                        .toArray(Buffer[]::new))
                .addArrayOfString(strings(letters, letter -> HeaderText.json(letter.record())))
                .addArrayOfString(strings(letters, DeadLetter::reason)));
    }

    private static String[] strings(List<DeadLetter> letters, java.util.function.Function<DeadLetter, String> column) {
        return letters.stream().map(column).toArray(String[]::new);
    }

    private static Buffer buffer(byte[] bytes) {
        return bytes == null ? null : Buffer.buffer(bytes);
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

    /** Record headers as JSON for the table, in their order, values in Base64 since they may be any bytes. */
    private static final class HeaderText {
        private static final com.fasterxml.jackson.databind.ObjectMapper JSON =
                new com.fasterxml.jackson.databind.ObjectMapper();

        static String json(ConsumerRecord<byte[], byte[]> record) {
            var object = JSON.createArrayNode();
            Arrays.stream(record.headers().toArray())
                    .forEach(header ->
                            object.addObject().put("name", clean(header.key())).put("value", header.value()));
            return object.toString();
        }

        private static String clean(String name) {
            return name.replace("\0", "");
        }
    }
}
