package daftar.usage.reservation;

import daftar.kit.outbox.Outbox;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.util.UUID;

/**
 * What a settlement says to everybody who counts usage, this service among them: an event like any producer's, whose id
 * is the reservation's. Usage and billing each count an id once, so the settlement counts once in both, however often
 * the event is delivered.
 */
final class SettlementEvent {

    private static final String TOPIC = "usage-events";
    private static final String RECORDED = "daftar.usage.recorded.v1";

    private SettlementEvent() {}

    /** The event's data. */
    record UsageRecorded(
            UUID userId,
            UUID sessionId,
            String serviceName,
            int tokensUsed,
            int speechSeconds,
            @Nullable String costUsd,
            UUID reservationId) {}

    /** The event of a reservation that is settling, used at this time. */
    static Outbox.Event of(Reservation settling, Settlement actual, Instant now) {
        return new Outbox.Event(
                settling.id(),
                TOPIC,
                settling.userId(),
                RECORDED,
                now,
                new UsageRecorded(
                        settling.userId(),
                        settling.sessionId(),
                        settling.serviceName(),
                        settling.tokens(),
                        settling.speechSeconds(),
                        actual.costUsd(),
                        settling.id()));
    }
}
