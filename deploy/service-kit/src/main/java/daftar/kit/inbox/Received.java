package daftar.kit.inbox;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * An event and the record that it came in.
 *
 * @param record the record, bytes as they came
 * @param event what the service reads in it
 */
public record Received<E>(ConsumerRecord<byte[], byte[]> record, E event) {}
