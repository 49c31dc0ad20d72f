package daftar.billing.statement;

import com.fasterxml.jackson.annotation.JsonFormat;
import daftar.billing.subscription.BillingPeriod;
import daftar.billing.subscription.Subscription;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a user's present billing period holds so far. Without a subscription the period is the calendar
 * month, nothing is included, and the five fields of the plan are null.
 *
 * @param amountEgp price of the period in Egyptian pounds
 * @param periodStart first local day
 * @param periodEnd the day after the last
 * @param periodStartsAt first instant
 * @param periodEndsAt first instant of the next period
 * @param timeZone IANA zone of the days
 * @param services what was used, by service
 * @param total the sum of the services
 * @param includedTokens tokens that the plan includes
 * @param includedSpeechSeconds seconds of speech that the plan includes
 * @param remainingTokens what is left of them; 0 when more was used
 * @param remainingSpeechSeconds what is left of them; 0 when more was used
 */
record Statement(
        UUID userId,
        @Nullable UUID subscriptionId,
        @Nullable String planName,
        @Nullable String billingCycle,

        @Nullable @JsonFormat(shape = JsonFormat.Shape.STRING) @Schema(type = SchemaType.STRING, examples = "199.00")
        BigDecimal amountEgp,

        @Nullable Instant nextBillingDate,
        LocalDate periodStart,
        LocalDate periodEnd,
        Instant periodStartsAt,
        Instant periodEndsAt,
        String timeZone,
        List<ServiceUsage> services,
        Total total,
        long includedTokens,
        long includedSpeechSeconds,
        long remainingTokens,
        long remainingSpeechSeconds) {

    /** What was used of one service. What it cost the platform is usage-service's to say, which has the prices. */
    record ServiceUsage(String serviceName, long events, long tokensUsed, long speechSeconds) {}

    /** The sum of all services. */
    record Total(long events, long tokensUsed, long speechSeconds) {

        private static final Total NOTHING = new Total(0, 0, 0);

        private Total plus(ServiceUsage usage) {
            return new Total(
                    events + usage.events(), tokensUsed + usage.tokensUsed(), speechSeconds + usage.speechSeconds());
        }
    }

    static Statement of(
            UUID userId, Optional<Subscription> subscription, BillingPeriod period, List<ServiceUsage> services) {
        Total total = Total.NOTHING;
        for (ServiceUsage usage : services) {
            total = total.plus(usage);
        }
        long tokens = subscription.map(Subscription::includedTokens).orElse(0L);
        long seconds = subscription.map(Subscription::includedSpeechSeconds).orElse(0L);
        return new Statement(
                userId,
                subscription.map(Subscription::id).orElse(null),
                subscription.map(Subscription::planName).orElse(null),
                subscription.map(Subscription::billingCycle).orElse(null),
                subscription.map(Subscription::amountEgp).orElse(null),
                subscription.map(Subscription::nextBillingDate).orElse(null),
                period.start(),
                period.end(),
                period.startsAt(),
                period.endsAt(),
                period.zone().getId(),
                services,
                total,
                tokens,
                seconds,
                Math.max(0, tokens - total.tokensUsed()),
                Math.max(0, seconds - total.speechSeconds()));
    }
}
