package daftar.usage.ingest;

import daftar.kit.inbox.Effect.Rejection;
import jakarta.annotation.Nullable;
import org.apache.kafka.clients.producer.ProducerRecord;

/** One event of a request's body. */
sealed interface PostedEvent {

    /** The event's id as it was sent; null where it has none that is a text. */
    @Nullable
    String id();

    /** An event that can have its effect; the record has no key yet. */
    record Valid(String id, UsageRecorded event, ProducerRecord<byte[], byte[]> record) implements PostedEvent {}

    /** An event that can have none. */
    record Refused(@Nullable String id, Rejection rejection) implements PostedEvent {}
}
