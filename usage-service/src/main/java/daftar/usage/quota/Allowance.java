package daftar.usage.quota;

import daftar.kit.inbox.Effect.Rejection;
import daftar.kit.inbox.EventData;
import io.cloudevents.CloudEvent;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a subscription includes, as one event {@code daftar.billing.subscription-changed.v1} of topic {@code
 * subscription-events} tells it.
 *
 * @param period the present one, or the last where the subscription ended
 * @param next the one after it, which includes the same; null where none follows
 * @param usageLimit hard or soft
 * @param includedTokens 0 to 10^15
 * @param includedSpeechSeconds 0 to 10^15
 * @param overAt when the subscription ended or will end; null where it goes on
 * @param sequence grows with each event of a user
 */
record Allowance(
        UUID userId,
        UUID subscriptionId,
        String planName,
        Period period,
        @Nullable Period next,
        String usageLimit,
        long includedTokens,
        long includedSpeechSeconds,
        @Nullable Instant overAt,
        long sequence) {

    static final String TYPE = "daftar.billing.subscription-changed.v1";

    private static final String HARD = "hard";
    private static final List<String> LIMITS = List.of(HARD, "soft");
    private static final int PLAN_NAME_LENGTH = 100;
    private static final int LIMIT_LENGTH = 10;
    private static final long MOST = 1_000_000_000_000_000L;

    /** From a whole minute, inclusive, to another, exclusive: usage is added up by the minute. */
    record Period(Instant start, Instant end) {

        Period {
            if (!start.isBefore(end)) {
                throw new Rejection("period_end does not come after period_start");
            }
            if (!isWholeMinute(start) || !isWholeMinute(end)) {
                throw new Rejection("a period does not begin and end with a minute");
            }
        }

        private static boolean isWholeMinute(Instant time) {
            return time.equals(time.truncatedTo(ChronoUnit.MINUTES));
        }
    }

    /**
     * Reads the event.
     *
     * @throws Rejection naming the field that is wrong
     */
    static Allowance read(CloudEvent event) {
        if (!TYPE.equals(event.getType())) {
            throw new Rejection("the event's type is not " + TYPE);
        }
        String sequence = String.valueOf(event.getExtension("sequence"));
        if (!sequence.matches("0*[0-9]{1,18}")) {
            throw new Rejection("the event has no sequence");
        }
        EventData data = EventData.of(event);
        Period period = new Period(data.time("period_start"), data.time("period_end"));
        Instant endsAt = data.timeIfPresent("ends_at").orElse(null);
        return new Allowance(
                data.uuid("user_id"),
                data.uuid("subscription_id"),
                data.text("plan_name", PLAN_NAME_LENGTH),
                period,
                data.timeIfPresent("next_period_end")
                        .map(end -> new Period(period.end(), end))
                        .orElse(null),
                limit(data),
                data.number("included_tokens", MOST),
                data.number("included_speech_seconds", MOST),
                data.timeIfPresent("canceled_at").orElse(endsAt),
                Long.parseLong(sequence));
    }

    /** A billing of before there were limits says nothing: what is included is not exceeded. */
    private static String limit(EventData data) {
        String limit = data.textIfPresent("usage_limit", LIMIT_LENGTH).orElse(HARD);
        if (!LIMITS.contains(limit)) {
            throw new Rejection("usage_limit is none of " + String.join(", ", LIMITS));
        }
        return limit;
    }

    /** The periods that it is about, the first first. */
    Stream<Period> periods() {
        return Stream.of(period, next).filter(java.util.Objects::nonNull);
    }

    /** Until when something of the period can be reserved: its end, or its part before the subscription was over. */
    Instant endsAt(Period of) {
        if (overAt == null || overAt.isAfter(of.end())) {
            return of.end();
        }
        return overAt.isBefore(of.start()) ? of.start() : overAt.truncatedTo(ChronoUnit.MICROS);
    }
}
