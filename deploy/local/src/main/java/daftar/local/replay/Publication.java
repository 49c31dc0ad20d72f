package daftar.local.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.local.StartFailure;
import daftar.local.replay.ReplayPlan.Event;
import daftar.local.stack.Progress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends a plan's events to topic {@value #TOPIC}, as CloudEvents 1.0 in Kafka's binary mode. */
final class Publication {
    static final String TOPIC = "usage-events";

    private static final String TYPE = "daftar.usage.recorded.v1";
    private static final String SERVICE_NAME = "chat";
    private static final int REPORT_EVERY = 5000;

    private final ReplayPlan plan;
    private final List<UUID> users;
    private final ObjectMapper json = new ObjectMapper();

    /**
     * A plan whose users are known.
     *
     * @param users their ids by the plan's indexes
     */
    Publication(ReplayPlan plan, List<UUID> users) {
        this.plan = plan;
        this.users = users;
    }

    /** Sends all events and returns when the broker has acknowledged every one. */
    void send(String bootstrapServers, Progress progress) {
        AtomicReference<Exception> failure = new AtomicReference<>();
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        20_000),
                new StringSerializer(),
                new ByteArraySerializer())) {
            int sent = 0;
            for (Event event : plan.events()) {
                var unused = producer.send(message(event), (metadata, exception) -> {
                    if (exception != null) {
                        failure.compareAndSet(null, exception);
                    }
                });
                if (++sent % REPORT_EVERY == 0) {
                    progress.say(sent + " of " + plan.events().size() + " events sent");
                }
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw new StartFailure(
                    "Kafka did not take every event (" + failure.get().getMessage()
                            + "): see that it runs and replay again; nothing counts twice.",
                    failure.get());
        }
    }

    ProducerRecord<String, byte[]> message(Event event) {
        String user = users.get(event.user()).toString();
        ProducerRecord<String, byte[]> message = new ProducerRecord<>(TOPIC, user, data(event, user));
        header(message, "content-type", "application/json");
        header(message, "ce_specversion", "1.0");
        header(message, "ce_id", event.id().toString());
        header(message, "ce_source", plan.source());
        header(message, "ce_type", TYPE);
        header(message, "ce_subject", user);
        header(message, "ce_time", event.row().timestamp().toString());
        return message;
    }

    /** The same bytes in every run: a replay sends events again, it does not make new ones. */
    private byte[] data(Event event, String user) {
        Map<String, Object> data = new TreeMap<>();
        data.put("user_id", user);
        data.put("session_id", event.session().toString());
        data.put("service_name", SERVICE_NAME);
        data.put("tokens_used", event.row().tokensUsed());
        data.put("speech_seconds", 0);
        data.put("timestamp", event.row().timestamp().toString());
        Map<String, Object> metadata = new TreeMap<>();
        metadata.put("context_tokens", event.row().contextTokens());
        metadata.put("generated_tokens", event.row().generatedTokens());
        data.put("metadata", metadata);
        try {
            return json.writeValueAsBytes(data);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("plain values always serialise", e);
        }
    }

    private static void header(ProducerRecord<String, byte[]> message, String name, String value) {
        message.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
