package daftar.local.replay;

import daftar.local.StartFailure;
import daftar.local.process.Waiting;
import daftar.local.stack.Progress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** How far the services' consumer groups are in {@code usage-events}. */
final class ConsumerGroups {
    static final List<String> NAMES = List.of("usage-service", "billing-service");

    private static final Duration STALL_LIMIT = Duration.ofSeconds(90);
    private static final Duration REPORT = Duration.ofSeconds(2);
    private static final long ANSWER_SECONDS = 20;

    private final Admin admin;

    ConsumerGroups(Admin admin) {
        this.admin = admin;
    }

    /**
     * Waits until each group has committed everything that lies in the topic now.
     *
     * @throws StartFailure when no group gets any further for a while
     */
    void awaitCaughtUp(Progress progress) {
        Map<TopicPartition, Long> ends = ends();
        long bestLag = Long.MAX_VALUE;
        long lastProgress = System.nanoTime();
        while (true) {
            Map<String, Long> lags = new TreeMap<>();
            // a short look often, a line seldom
            boolean done = Waiting.until(REPORT, () -> {
                NAMES.forEach(group -> lags.put(group, lag(group, ends)));
                return lags.values().stream().allMatch(lag -> lag == 0);
            });
            if (done) {
                return;
            }
            long lag = lags.values().stream().mapToLong(Long::longValue).sum();
            if (lag < bestLag) {
                bestLag = lag;
                lastProgress = System.nanoTime();
            } else if (System.nanoTime() - lastProgress > STALL_LIMIT.toNanos()) {
                throw new StartFailure(
                        "The consumers stand still (events left: " + lags + "): read the logs of usage and billing.");
            }
            progress.say("waiting for the consumers; events left: " + lags);
        }
    }

    private Map<TopicPartition, Long> ends() {
        TopicDescription topic = answer(
                        admin.describeTopics(List.of(Publication.TOPIC)).allTopicNames())
                .get(Publication.TOPIC);
        Map<TopicPartition, OffsetSpec> latest = topic.partitions().stream()
                .collect(Collectors.toMap(
                        partition -> new TopicPartition(Publication.TOPIC, partition.partition()),
                        partition -> OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new java.util.HashMap<>();
        Map<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> offsets =
                answer(admin.listOffsets(latest).all());
        offsets.forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    private long lag(String group, Map<TopicPartition, Long> ends) {
        Map<TopicPartition, OffsetAndMetadata> committed =
                answer(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        return ends.entrySet().stream()
                .mapToLong(end -> {
                    OffsetAndMetadata offset = committed.get(end.getKey());
                    return Math.max(0, end.getValue() - (offset == null ? 0 : offset.offset()));
                })
                .sum();
    }

    private static <T> T answer(KafkaFuture<T> future) {
        try {
            return future.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new StartFailure("Kafka does not tell how far the consumers are: see that it runs.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while waiting for the consumers.", e);
        }
    }
}
