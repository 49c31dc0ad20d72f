package daftar.usage.correction;

import com.fasterxml.jackson.annotation.JsonFormat;
import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.EventData;
import io.cloudevents.CloudEvent;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;

/**
 * The data of an event {@code daftar.usage.corrected.v1} of topic {@code usage-events}; its JSON Schema lies in
 * {@code events/} beside this service's configuration. The event says all that another book needs to follow, which has no
 * single rows.
 *
 * <p>This service alone states it, when it has corrected its own book. It reads the event too: where the book was restored
 * to a time before, that brings the correction back.
 *
 * @param correctionId counts once, under whichever event
 * @param eventId the event that is corrected
 * @param serviceName the corrected event's
 * @param timestamp the corrected event's, the time that the change counts at
 * @param events what is added to the number of events: -1 or 0
 * @param tokensUsed what is added, usually negative
 * @param speechSeconds what is added, usually negative
 * @param costUsd what is added in US dollars, usually negative, with six decimals
 * @param actor who corrected it
 * @param reason why, in the actor's words
 * @param recordedAt when it was corrected
 */
public record UsageCorrected(
        UUID correctionId,
        UUID eventId,
        UUID userId,
        Kind kind,
        String serviceName,
        Instant timestamp,
        int events,
        int tokensUsed,
        int speechSeconds,

        @JsonFormat(shape = JsonFormat.Shape.STRING) BigDecimal costUsd,

        String actor,
        String reason,
        Instant recordedAt) {

    public static final String TYPE = "daftar.usage.corrected.v1";

    static final int REASON_LENGTH = 500;
    static final int ACTOR_LENGTH = 100;

    /** Who states corrections: this service's own outbox. */
    private static final String SOURCE = "/daftar/usage";

    private static final int SERVICE_NAME_LENGTH = 50;
    private static final int COST_INTEGER_DIGITS = 4;
    private static final int COST_DECIMALS = 6;

    /**
     * Reads the event.
     *
     * @throws Rejection naming the field that is wrong; also of an event that another service states
     */
    public static UsageCorrected read(CloudEvent event) {
        if (!SOURCE.equals(event.getSource().toString())) {
            throw new Rejection("corrections are stated by usage-service alone");
        }
        EventData data = EventData.of(event);
        Kind kind = kind(data.text("kind", Kind.ADJUST.wireName().length()));
        return new UsageCorrected(
                data.uuid("correction_id"),
                data.uuid("event_id"),
                data.uuid("user_id"),
                kind,
                data.text("service_name", SERVICE_NAME_LENGTH),
                data.time("timestamp"),
                kind == Kind.VOID ? -1 : 0,
                data.change("tokens_used"),
                data.change("speech_seconds"),
                data.amountChange("cost_usd", COST_INTEGER_DIGITS, COST_DECIMALS),
                data.text("actor", ACTOR_LENGTH),
                data.text("reason", REASON_LENGTH),
                data.time("recorded_at"));
    }

    private static Kind kind(String text) {
        for (Kind kind : Kind.values()) {
            if (kind.wireName().equals(text)) {
                return kind;
            }
        }
        throw new Rejection("kind is neither void nor adjust");
    }
}
