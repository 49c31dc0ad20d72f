package daftar.local.kafka;

import daftar.local.StartFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * Sets consumers back after the database was. Their offsets say that they have read what a restored database has never seen;
 * what they read twice counts once.
 */
public final class ConsumerRewind {
    /** A record may have waited for its consumer: it is older than the commit that it led to. */
    private static final Duration MARGIN = Duration.ofDays(1);

    private static final long ANSWER_SECONDS = 30;

    private final String bootstrapServers;

    /** Rewinds the groups of this broker; no group may have a running member. */
    public ConsumerRewind(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    /**
     * Sets every group back to the records of a day before the moment; none is set forward.
     *
     * @return how many partitions of groups were set back
     */
    public int to(Instant moment) {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            Collection<GroupListing> groups = answer(admin.listGroups().all());
            return groups.stream()
                    .mapToInt(group -> rewind(admin, group.groupId(), moment.minus(MARGIN)))
                    .sum();
        }
    }

    private static int rewind(Admin admin, String group, Instant from) {
        Map<TopicPartition, OffsetAndMetadata> committed =
                answer(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        Map<TopicPartition, OffsetSpec> asked = committed.keySet().stream()
                .collect(Collectors.toMap(
                        partition -> partition, partition -> OffsetSpec.forTimestamp(from.toEpochMilli())));
        Map<TopicPartition, ListOffsetsResultInfo> found =
                answer(admin.listOffsets(asked).all());
        Map<TopicPartition, OffsetAndMetadata> back = new HashMap<>();
        found.forEach((partition, at) -> {
            // -1: nothing is younger
            if (at.offset() >= 0 && at.offset() < committed.get(partition).offset()) {
                back.put(partition, new OffsetAndMetadata(at.offset()));
            }
        });
        if (!back.isEmpty()) {
            answer(admin.alterConsumerGroupOffsets(group, back).all());
        }
        return back.size();
    }

    private static <T> T answer(KafkaFuture<T> future) {
        try {
            return future.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new StartFailure("Kafka does not set its consumers back after the restore: see that it runs.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while setting consumers back.", e);
        }
    }
}
