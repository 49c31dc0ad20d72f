package daftar.billing.usage;

import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.EventData;
import io.cloudevents.CloudEvent;
import java.time.Instant;
import java.util.UUID;

/**
 * What billing reads in an event {@code daftar.usage.corrected.v1} of topic {@code usage-events}: usage-service, which has
 * the single rows, has judged the correction and says what it adds to the sums.
 *
 * @param correctionId counts once, under whichever event
 * @param eventId the event that is corrected
 * @param serviceName the corrected event's
 * @param timestamp the corrected event's, whose local day the change counts on
 * @param events what is added to the number of events: -1 or 0
 * @param tokensUsed what is added, usually negative
 * @param speechSeconds what is added, usually negative
 */
record UsageCorrected(
        UUID correctionId,
        UUID eventId,
        UUID userId,
        String serviceName,
        Instant timestamp,
        int events,
        int tokensUsed,
        int speechSeconds)
        implements UsageEvent {

    static final String TYPE = "daftar.usage.corrected.v1";

    /** Nobody else can say what an event's amounts are. */
    private static final String SOURCE = "/daftar/usage";

    private static final String VOID = "void";
    private static final String ADJUST = "adjust";
    private static final int SERVICE_NAME_LENGTH = 50;

    /**
     * Reads the event.
     *
     * @throws Rejection naming the field that is wrong; also of an event that another service states
     */
    static UsageCorrected read(CloudEvent event) {
        if (!SOURCE.equals(event.getSource().toString())) {
            throw new Rejection("corrections are stated by usage-service alone");
        }
        EventData data = EventData.of(event);
        String kind = data.text("kind", ADJUST.length());
        if (!kind.equals(VOID) && !kind.equals(ADJUST)) {
            throw new Rejection("kind is neither void nor adjust");
        }
        return new UsageCorrected(
                data.uuid("correction_id"),
                data.uuid("event_id"),
                data.uuid("user_id"),
                data.text("service_name", SERVICE_NAME_LENGTH),
                data.time("timestamp"),
                kind.equals(VOID) ? -1 : 0,
                data.change("tokens_used"),
                data.change("speech_seconds"));
    }
}
