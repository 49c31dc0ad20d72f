package daftar.usage.ingest;

import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.EventData;
import daftar.usage.price.Metered;
import io.cloudevents.CloudEvent;
import jakarta.annotation.Nullable;
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
 * @param model null where the event names none
 * @param tokensUsed 0 or more; where input and output are told, their sum
 * @param inputTokens null where the event does not tell; then output is not told either
 * @param speechSeconds 0 or more
 * @param timestamp when it happened, to the microsecond, which is what the table keeps
 * @param costUsd US dollars as reported, 0 or more, at most 4 digits before and 6 after the point; null where the price
 *     book has to tell
 * @param metadata a JSON object, or null
 * @param reservationId the reservation that it settles, or null
 * @param digest tells this event from any other with its id: half of the SHA-256 of all that it says. What the price
 *     book makes of it is no part of that: a repetition after a change of price is the same event
 */
record UsageRecorded(
        UUID id,
        UUID userId,
        UUID sessionId,
        String serviceName,
        @Nullable String model,
        int tokensUsed,
        @Nullable Integer inputTokens,
        @Nullable Integer outputTokens,
        int speechSeconds,
        Instant timestamp,
        @Nullable BigDecimal costUsd,
        String metadata,
        @Nullable UUID reservationId,
        UUID digest)
        implements UsageEvent, Metered {

    static final String TYPE = "daftar.usage.recorded.v1";

    private static final int SERVICE_NAME_LENGTH = 50;
    private static final int MODEL_LENGTH = 100;
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
        String model = data.has("model") ? data.text("model", MODEL_LENGTH) : null;
        Integer inputTokens = data.has("input_tokens") ? data.count("input_tokens") : null;
        Integer outputTokens = data.has("output_tokens") ? data.count("output_tokens") : null;
        int tokensUsed = tokensUsed(data, inputTokens, outputTokens);
        int speechSeconds = data.count("speech_seconds");
        Instant timestamp =
                data.timeIfPresent("timestamp").orElseGet(() -> timeOf(event)).truncatedTo(ChronoUnit.MICROS);
        BigDecimal costUsd =
                data.amount("cost_usd", COST_INTEGER_DIGITS, COST_DECIMALS).orElse(null);
        String metadata = data.object("metadata", METADATA_LENGTH).orElse(null);
        UUID reservationId = data.uuidIfPresent("reservation_id").orElse(null);
        String content = String.join(
                "\n",
                userId.toString(),
                sessionId.toString(),
                Integer.toString(tokensUsed),
                Integer.toString(speechSeconds),
                Long.toString(timestamp.getEpochSecond()),
                Integer.toString(timestamp.getNano()),
                (costUsd == null ? BigDecimal.ZERO : costUsd)
                        .stripTrailingZeros()
                        .toPlainString(),
                Integer.toString(serviceName.length()),
                serviceName,
                String.valueOf(metadata));
        if (model != null || inputTokens != null) {
            // only where there are any: digests of events without them stay what they were
            content = content + "\n" + inputTokens + "\n" + outputTokens + "\n" + model;
        }
        return new UsageRecorded(
                EventData.id(event),
                userId,
                sessionId,
                serviceName,
                model,
                tokensUsed,
                inputTokens,
                outputTokens,
                speechSeconds,
                timestamp,
                costUsd,
                metadata,
                reservationId,
                // an event that settles nothing has the digest that it had before there were reservations
                digest(reservationId == null ? content : content + "\n" + reservationId));
    }

    /** The total, or the sum of its parts; both must agree where both are given. */
    private static int tokensUsed(EventData data, @Nullable Integer input, @Nullable Integer output) {
        int total = data.count("tokens_used");
        if (input == null && output == null) {
            return total;
        }
        if (input == null || output == null) {
            throw new Rejection("input_tokens and output_tokens are given together or not at all");
        }
        long sum = (long) input + output;
        if (sum > Integer.MAX_VALUE || (data.has("tokens_used") && total != sum)) {
            throw new Rejection("tokens_used", "is not the sum of input_tokens and output_tokens");
        }
        return (int) sum;
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
