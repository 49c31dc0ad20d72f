package daftar.acceptance;

import daftar.acceptance.UsageOracle.Amount;
import daftar.acceptance.UsageOracle.Use;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * All that lies in topic {@code usage-events}, which only {@link UnrulyTutor} has sent to.
 *
 * @param records in order within a partition
 */
record UsageTopic(List<ConsumerRecord<byte[], byte[]>> records) {

    /** Reads it from its beginning to its present end. */
    static UsageTopic read(LocalSystem system) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", system.kafka(), "enable.auto.commit", false),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            Set<TopicPartition> partitions = consumer.partitionsFor(UnrulyTutor.TOPIC).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .collect(Collectors.toSet());
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
            }
        }
        return new UsageTopic(records);
    }

    /** Which of these ids it lacks. */
    List<UUID> missing(Collection<UUID> ids) {
        Set<UUID> missing = new HashSet<>(ids);
        records.forEach(record -> missing.remove(id(record)));
        return List.copyOf(missing);
    }

    /** Records that say something else than what was accepted under their ids, as {@link UsageBooks#deadLetters} has them. */
    SortedMap<String, Amount> contradictions(Map<UUID, Use> accepted) {
        SortedMap<String, Amount> contradictions = new TreeMap<>();
        records.stream()
                .filter(record -> !Arrays.equals(record.value(), UnrulyTutor.data(accepted.get(id(record)))))
                .forEach(record -> contradictions.put(
                        record.topic() + " " + record.partition() + " " + record.offset() + " conflict",
                        Amount.ONE_KEY));
        return contradictions;
    }

    private static UUID id(ConsumerRecord<byte[], byte[]> record) {
        return UUID.fromString(new String(record.headers().lastHeader("ce_id").value(), StandardCharsets.UTF_8));
    }
}
