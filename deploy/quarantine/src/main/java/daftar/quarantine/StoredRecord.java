package daftar.quarantine;

import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.annotation.Nullable;
import java.util.Base64;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A record as the inbox has kept it. */
final class StoredRecord {

    private StoredRecord() {}

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

    @Nullable
    static String base64(@Nullable byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }
}
