package daftar.usage.ingest;

import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.EventData;
import io.cloudevents.CloudEvent;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * One event {@code daftar.usage.recorded.v1} of topic {@code usage-events}; its JSON Schema lies in
 * {@code events/} beside this service's configuration.
 *
 * @param id counts once, see {@link EventData#id}
 * @param tokensUsed 0 or more
 * @param speechSeconds 0 or more
 * @param timestamp when it happened, to the microsecond, which is what the table keeps
 * @param costUsd US dollars, 0 or more, at most 4 digits before and 6 after the point
 * @param metadata a JSON object, or null
 * @param digest tells this event from any other with its id: half of the SHA-256 of all that it says
 */
record UsageRecorded(
        UUID id,
        UUID userId,
        UUID sessionId,
        String serviceName,
        int tokensUsed,
        int speechSeconds,
        Instant timestamp,
        BigDecimal costUsd,
        String metadata,
        UUID digest) {

    static final String TYPE = "daftar.usage.recorded.v1";

    private static final int SERVICE_NAME_LENGTH = 50;
    private static final int METADATA_LENGTH = 8192;
    private static final int COST_INTEGER_DIGITS = 4;
    private static final int COST_DECIMALS = 6;

    /**
     * Reads the event.
     *
     * @throws Rejection naming the field that is wrong
     */
    static UsageRecorded read(CloudEvent event) {
        if (!TYPE.equals(event.getType())) {
            throw new Rejection("the event's type is not " + TYPE);
        }
        EventData data = EventData.of(event);
        UUID userId = data.uuid("user_id");
        UUID sessionId = data.uuid("session_id");
        String serviceName = data.text("service_name", SERVICE_NAME_LENGTH);
        int tokensUsed = data.count("tokens_used");
        int speechSeconds = data.count("speech_seconds");
        Instant timestamp =
                data.timeIfPresent("timestamp").orElseGet(() -> timeOf(event)).truncatedTo(ChronoUnit.MICROS);
        BigDecimal costUsd =
                data.amount("cost_usd", COST_INTEGER_DIGITS, COST_DECIMALS).orElse(BigDecimal.ZERO);
        String metadata = data.object("metadata", METADATA_LENGTH).orElse(null);
        String content = String.join(
                "\n",
                userId.toString(),
                sessionId.toString(),
                Integer.toString(tokensUsed),
                Integer.toString(speechSeconds),
                Long.toString(timestamp.getEpochSecond()),
                Integer.toString(timestamp.getNano()),
                costUsd.stripTrailingZeros().toPlainString(),
                Integer.toString(serviceName.length()),
                serviceName,
                String.valueOf(metadata));
        return new UsageRecorded(
                EventData.id(event),
                userId,
                sessionId,
                serviceName,
                tokensUsed,
                speechSeconds,
                timestamp,
                costUsd,
                metadata,
                digest(content));
    }

    private static UUID digest(String content) {
        try {
            ByteBuffer hash = ByteBuffer.wrap(
                    MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8)));
            return new UUID(hash.getLong(), hash.getLong());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every Java has it
        }
    }

    private static Instant timeOf(CloudEvent event) {
        OffsetDateTime time = event.getTime();
        if (time == null) {
            throw new Rejection("timestamp", "is missing, and the event has no time");
        }
        return time.toInstant();
    }
}
