package daftar.local.benchmark;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Events to be counted, the same for every run with the same seed and number but for their ids. */
final class Workload {
    static final String TOPIC = "usage-events";

    private static final String TYPE = "daftar.usage.recorded.v1";
    private static final List<String> SERVICES = List.of("chat", "tutor", "speech");
    private static final int LONGEST_PAUSE_MILLIS = 15_000;
    private static final int MOST_TOKENS = 2_000;
    private static final int SPEECH_SECONDS = 5;
    private static final long SEED = 20_260_101;

    private Workload() {}

    /** One event as its row will hold it. */
    record Event(
            UUID id,
            UUID userId,
            UUID sessionId,
            String serviceName,
            int tokensUsed,
            int speechSeconds,
            Instant timestamp,
            BigDecimal costUsd) {

        ProducerRecord<byte[], byte[]> message() {
            String data = "{\"user_id\":\"" + userId + "\",\"session_id\":\"" + sessionId + "\",\"service_name\":\""
                    + serviceName + "\",\"tokens_used\":" + tokensUsed + ",\"speech_seconds\":" + speechSeconds
                    + ",\"timestamp\":\"" + timestamp + "\",\"cost_usd\":\"" + costUsd.toPlainString() + "\"}";
            ProducerRecord<byte[], byte[]> message = new ProducerRecord<>(TOPIC, utf8(userId.toString()), utf8(data));
            message.headers()
                    .add("content-type", utf8("application/json"))
                    .add("ce_specversion", utf8("1.0"))
                    .add("ce_id", utf8(id.toString()))
                    .add("ce_source", utf8("urn:daftar:benchmark"))
                    .add("ce_type", utf8(TYPE))
                    .add("ce_time", utf8(timestamp.toString()));
            return message;
        }

        private static byte[] utf8(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Pupils in their lessons: each goes on every few seconds, all at once, in the order of time. */
    static List<Event> lessons(List<UUID> users, int count, Instant start) {
        Random random = new Random(SEED);
        List<Event> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long beat = (long) (i / users.size()) * LONGEST_PAUSE_MILLIS / 2;
            events.add(event(
                    users.get(i % users.size()),
                    start.plusMillis(beat + random.nextInt(LONGEST_PAUSE_MILLIS / 2)),
                    random));
        }
        return events;
    }

    /** The worst for the roll-ups: no two events of a batch share a user's minute. */
    static List<Event> scattered(List<UUID> users, int count, Instant start) {
        Random random = new Random(SEED);
        List<Event> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            events.add(event(
                    users.get(i % users.size()), start.plus(random.nextInt(60 * 24), ChronoUnit.MINUTES), random));
        }
        return events;
    }

    private static Event event(UUID user, Instant time, Random random) {
        int service = random.nextInt(SERVICES.size());
        return new Event(
                UUID.randomUUID(),
                user,
                user,
                SERVICES.get(service),
                random.nextInt(MOST_TOKENS),
                service == 2 ? SPEECH_SECONDS : 0,
                time.truncatedTo(ChronoUnit.MICROS),
                BigDecimal.valueOf(random.nextInt(10_000), 6));
    }
}
