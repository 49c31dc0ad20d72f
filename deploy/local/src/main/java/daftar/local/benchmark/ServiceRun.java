package daftar.local.benchmark;

import daftar.local.benchmark.Workload.Event;
import daftar.local.process.LocalProcess;
import daftar.local.stack.DataFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The service end to end: from events that lie in Kafka, or come in at a steady rate, to rows that a reader sees. */
final class ServiceRun {
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final long POLL_NANOS = 2_000_000;
    private static final int SAMPLE = 10;

    /** Something that takes its time. */
    interface Settling {
        void run() throws SQLException, IOException;
    }

    private final DataFolder folder;
    private final Connection database;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    ServiceRun(DataFolder folder, Connection database, String bootstrapServers) {
        this.folder = folder;
        this.database = database;
        this.producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "acks",
                        "all",
                        "enable.idempotence",
                        true,
                        "batch.size",
                        65_536,
                        "linger.ms",
                        0),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * Lets events pile up in Kafka while the service is frozen, thaws it and waits until every one is visible: what is
     * measured goes from the service's first moment to the last row.
     *
     * @param events unique ones
     * @param again of these, sent a second time at the end
     * @param settle waits for what the sending left to be written to the disk
     */
    Measure drain(List<Event> events, List<Event> again, Settling settle) throws SQLException, IOException {
        LocalProcess service = service(folder);
        service.pause();
        List<Event> last;
        Stopwatch watch;
        try {
            events.forEach(this::send);
            again.forEach(this::send);
            producer.flush();
            last = sendLastOfEachPartition(events.get(0));
            settle.run();
            watch = Stopwatch.start(folder);
        } finally {
            service.resume();
        }
        List<UUID> waiting = last.stream().map(Event::id).toList();
        while (visible(waiting).size() < waiting.size()) {
            watch.limit(LONGEST);
            LockSupport.parkNanos(POLL_NANOS * 5);
        }
        return watch.stop(events.size());
    }

    /**
     * Sends at a steady rate and looks when some of the events can be seen.
     *
     * @return milliseconds from the sending of each tenth event until a reader saw it, in ascending order
     */
    double[] latencies(List<Event> events, int perSecond) throws SQLException {
        Map<UUID, Long> sent = new HashMap<>();
        List<Double> millis = new ArrayList<>();
        long start = System.nanoTime();
        int next = 0;
        while (next < events.size() || !sent.isEmpty()) {
            long due = (System.nanoTime() - start) * perSecond / 1_000_000_000;
            for (; next < events.size() && next < due; next++) {
                if (next % SAMPLE == 0) {
                    sent.put(events.get(next).id(), System.nanoTime());
                }
                send(events.get(next));
            }
            for (UUID id : visible(sent.keySet())) {
                millis.add((System.nanoTime() - sent.remove(id)) / 1e6);
            }
            if (System.nanoTime() - start > LONGEST.toNanos()) {
                throw new IllegalStateException("the service did not count everything in " + LONGEST);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        double[] sorted = millis.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    /** The heap that the service was given, on which its speed depends: options of its Java, as proc(5)'s cmdline has them. */
    static String heap(DataFolder folder) throws IOException {
        String command =
                Files.readString(Path.of("/proc", Long.toString(service(folder).pid()), "cmdline"));
        return Arrays.stream(command.split("\0", -1))
                .filter(option -> option.startsWith("-Xm"))
                .collect(Collectors.joining(" "));
    }

    private static LocalProcess service(DataFolder folder) {
        return LocalProcess.running(
                        "usage",
                        folder.run().resolve("usage.pid"),
                        folder.logs().resolve("usage.log"))
                .orElseThrow(() -> new IllegalStateException("usage-service does not run"));
    }

    private void send(Event event) {
        send(event.message());
    }

    private void send(ProducerRecord<byte[], byte[]> message) {
        var unused = producer.send(message, (metadata, exception) -> failure.compareAndSet(null, exception));
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
    }

    /** Whatever was sent before these is counted when they are. */
    private List<Event> sendLastOfEachPartition(Event like) {
        List<Event> last = new ArrayList<>();
        int partitions = producer.partitionsFor(Workload.TOPIC).size();
        for (int partition = 0; partition < partitions; partition++) {
            Event event = new Event(
                    UUID.randomUUID(), like.userId(), like.sessionId(), "last", 0, 0, like.timestamp(), like.costUsd());
            ProducerRecord<byte[], byte[]> message = event.message();
            send(new ProducerRecord<>(message.topic(), partition, message.key(), message.value(), message.headers()));
            last.add(event);
        }
        producer.flush();
        return last;
    }

    private List<UUID> visible(Collection<UUID> ids) throws SQLException {
        List<UUID> visible = new ArrayList<>();
        if (ids.isEmpty()) {
            return visible;
        }
        try (PreparedStatement statement =
                database.prepareStatement("SELECT id FROM usage.usage_event_keys WHERE id = ANY (?)")) {
            statement.setArray(1, database.createArrayOf("uuid", ids.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    visible.add(rows.getObject(1, UUID.class));
                }
            }
        }
        return visible;
    }

    /** Gives the producer back. */
    void close() {
        producer.close();
    }
}
