package daftar.billing.usage;

import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.EventData;
import io.cloudevents.CloudEvent;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;

/**
 * What billing reads in an event {@code daftar.usage.recorded.v1} of topic {@code usage-events}.
 * usage-service owns the event's JSON Schema; what it refuses is refused here too, so that the sums of
 * both stay equal.
 *
 * @param id counts once, see {@link EventData#id}
 * @param tokensUsed 0 or more; where input and output are told, their sum
 * @param speechSeconds 0 or more
 * @param timestamp when it happened
 */
record UsageRecorded(UUID id, UUID userId, String serviceName, int tokensUsed, int speechSeconds, Instant timestamp)
        implements UsageEvent {

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
        requireWhatUsageRequires(data);
        return new UsageRecorded(
                EventData.id(event),
                data.uuid("user_id"),
                data.text("service_name", SERVICE_NAME_LENGTH),
                tokensUsed(data),
                data.count("speech_seconds"),
                data.timeIfPresent("timestamp").orElseGet(() -> timeOf(event)));
    }

    /** Fields that billing does not keep: an event with a wrong one does not count in usage-service either. */
    private static void requireWhatUsageRequires(EventData data) {
        data.uuid("session_id");
        data.object("metadata", METADATA_LENGTH);
        data.uuidIfPresent("reservation_id");
        data.amount("cost_usd", COST_INTEGER_DIGITS, COST_DECIMALS);
        if (data.has("model")) {
            data.text("model", MODEL_LENGTH);
        }
    }

    /** The total, or the sum of its parts; both must agree where both are given. */
    private static int tokensUsed(EventData data) {
        int total = data.count("tokens_used");
        if (!data.has("input_tokens") && !data.has("output_tokens")) {
            return total;
        }
        if (!data.has("input_tokens") || !data.has("output_tokens")) {
            throw new Rejection("input_tokens and output_tokens are given together or not at all");
        }
        long sum = (long) data.count("input_tokens") + data.count("output_tokens");
        if (sum > Integer.MAX_VALUE || (data.has("tokens_used") && total != sum)) {
            throw new Rejection("tokens_used is not the sum of input_tokens and output_tokens");
        }
        return (int) sum;
    }

    private static Instant timeOf(CloudEvent event) {
        OffsetDateTime time = event.getTime();
        if (time == null) {
            throw new Rejection("timestamp is missing, and the event has no time");
        }
        return time.toInstant();
    }
}
