package daftar.kit.inbox;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record that had no effect.
 *
 * @param record the record, bytes as they came
 * @param reason why, without personal data
 */
public record DeadLetter(ConsumerRecord<byte[], byte[]> record, String reason) {}
