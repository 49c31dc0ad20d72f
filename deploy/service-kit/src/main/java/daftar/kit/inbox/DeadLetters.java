package daftar.kit.inbox;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.position.Reads;
import daftar.kit.telemetry.Meters;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.properties.IfBuildProperty;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.util.HashUtil;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
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

    /** A letter waits until a trial has applied it, or somebody has discarded it. */
    private static final String WAITS = """
            NOT EXISTS (
                  SELECT FROM dead_letter_redrives AS t
                  WHERE t.dead_letter_id = d.id AND t.outcome IN ('applied', 'discarded'))
            """;

    static final String LIST = """
            SELECT d.id, d.topic, d.partition, d."offset", d.reason, d.recorded_at, r.outcome, r.redriven_at
            FROM dead_letters AS d
            LEFT JOIN LATERAL (
                SELECT t.outcome, t.redriven_at FROM dead_letter_redrives AS t
                WHERE t.dead_letter_id = d.id ORDER BY t.id DESC LIMIT 1
            ) AS r ON true
            WHERE d.id < $1
              AND ($3::text IS NULL OR d.topic = $3)
              AND starts_with(d.reason, $4)
              AND ($5::timestamptz IS NULL OR d.recorded_at >= $5)
              AND ($6::timestamptz IS NULL OR d.recorded_at < $6)
              AND ($7::boolean IS NULL OR $7 =
            """ + WAITS + """
            )
            ORDER BY d.id DESC
            LIMIT $2
            """;

    static final String COUNTS = """
            SELECT c.topic,
                   c.reason,
                   count(*) AS letters,
                   count(*) FILTER (WHERE c.waits) AS waiting,
                   min(c.recorded_at) AS first_recorded_at,
                   max(c.recorded_at) AS last_recorded_at
            FROM (
                SELECT d.topic, d.reason, d.recorded_at,
            """ + WAITS + """
                  AS waits
                FROM dead_letters AS d
            ) AS c
            GROUP BY c.topic, c.reason
            ORDER BY waiting DESC, letters DESC, c.topic, c.reason
            LIMIT 1000
            """;

    private static final String DEPTH =
            "SELECT count(*) AS depth FROM (SELECT FROM dead_letters AS d WHERE " + WAITS + " LIMIT 10000) AS w";

    private static final String RECORDS = """
            SELECT d.id, d.topic, d.partition, d."offset", d.key, d.value, d.headers
            FROM dead_letters AS d
            """;

    static final String ONE = RECORDS + "WHERE d.id = $1";

    private static final String OF_CAUSE = """
            WHERE d.topic = $1
              AND starts_with(d.reason, $2)
              AND d.id > $3
              AND
            """ + WAITS + """
            ORDER BY d.id
            LIMIT $4
            """;

    static final String WAITING_RECORDS = RECORDS + OF_CAUSE;

    static final String TELL = """
            INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
            SELECT r.dead_letter_id, $3, $4, r.outcome, $5
            FROM unnest($1::bigint[], $2::text[]) AS r (dead_letter_id, outcome)
            RETURNING dead_letter_id, outcome
            """;

    static final String DISCARD_WAITING = """
            INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
            SELECT l.id, $5, $6, 'discarded', $7
            FROM (SELECT d.id FROM dead_letters AS d
            """ + OF_CAUSE + """
            ) AS l
            RETURNING dead_letter_id, outcome
            """;

    static final String DISCARD_ONE = """
            WITH letter AS (
                SELECT d.id,
                       (SELECT min(t.outcome) FROM dead_letter_redrives AS t
                        WHERE t.dead_letter_id = d.id AND t.outcome IN ('applied', 'discarded')) AS outcome
                FROM dead_letters AS d
                WHERE d.id = $1
            ),
            told AS (
                INSERT INTO dead_letter_redrives (dead_letter_id, actor, reason, outcome, redriven_at)
                SELECT l.id, $2, $3, 'discarded', $4
                FROM letter AS l
                WHERE l.outcome IS NULL
            )
            SELECT l.id AS dead_letter_id, coalesce(l.outcome, 'discarded') AS outcome
            FROM letter AS l
            """;

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
                .chain(() -> Uni.join()
                        .all(letters.stream().map(this::publish).toList())
                        .andFailFast())
                .replaceWithVoid();
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

    static String base64(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    /** The record as it came, from its row in the table. */
    static ConsumerRecord<byte[], byte[]> record(Row row) {
        Buffer key = row.getBuffer("key");
        Buffer value = row.getBuffer("value");
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(
                row.getString("topic"),
                row.getInteger("partition"),
                row.getLong("offset"),
                key == null ? null : key.getBytes(),
                value == null ? null : value.getBytes());
        for (Object each : row.getJsonArray("headers")) {
            JsonObject header = (JsonObject) each;
            String bytes = header.getString("value");
            record.headers()
                    .add(
                            header.getString("name"),
                            bytes == null ? null : Base64.getDecoder().decode(bytes));
        }
        return record;
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

    /** Counts the letters that wait, for operators: up to 10,000, every so often. */
    @Startup
    @ApplicationScoped
    @IfBuildProperty(name = "daftar.inbox", stringValue = "true")
    static class Waiting {

        private final Reads reads;
        private volatile long depth;

        @Inject
        Waiting(Reads reads, MeterRegistry meters) {
            this.reads = reads;
            meters.gauge(Meters.DEAD_LETTERS_WAITING, this, waiting -> waiting.depth);
        }

        @Scheduled(
                every = "${daftar.dead-letters.count-every}",
                concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
                skipExecutionIf = Scheduled.ApplicationNotRunning.class)
        Uni<Void> count() {
            return reads.read(connection -> connection.preparedQuery(DEPTH).execute())
                    .invoke(rows -> depth = rows.iterator().next().getLong("depth"))
                    .replaceWithVoid()
                    .onFailure()
                    .recoverWithNull();
        }
    }
}
