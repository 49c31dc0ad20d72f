package daftar.billing.subscription;

import com.fasterxml.jackson.annotation.JsonProperty;
import daftar.kit.outbox.Outbox;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;

/**
 * What the other services hear of subscriptions on topic {@code subscription-events}: each change with
 * the whole state after it and the allowances of the present period. No price: what somebody pays is
 * billing's alone.
 */
final class SubscriptionEvents {

    static final String TOPIC = "subscription-events";
    static final String CHANGED = "daftar.billing.subscription-changed.v1";

    private SubscriptionEvents() {}

    /** What happened. */
    enum Change {
        /** The first period began. */
        @JsonProperty("started")
        STARTED,
        /** The next period began. */
        @JsonProperty("renewed")
        RENEWED,
        /** It will end with its present period, and goes on until then. */
        @JsonProperty("cancellation_scheduled")
        CANCELLATION_SCHEDULED,
        /** It ended. */
        @JsonProperty("canceled")
        CANCELED;

        static Change ofCancellation(Subscription after) {
            return after.isActive() ? CANCELLATION_SCHEDULED : CANCELED;
        }
    }

    /**
     * A subscription after a change.
     *
     * @param periodStart first instant of the present period, or of the last one where it ended
     * @param periodEnd first instant that no longer belongs to it
     * @param nextPeriodEnd the same of the period that follows at once, so that what it includes is known before it
     *     begins; null where none follows
     */
    record SubscriptionChanged(
            UUID subscriptionId,
            UUID userId,
            Change change,
            String planName,
            String status,
            String billingCycle,
            Instant periodStart,
            Instant periodEnd,
            @Nullable Instant nextPeriodEnd,
            long includedTokens,
            long includedSpeechSeconds,
            String usageLimit,
            @Nullable Instant endsAt,
            @Nullable Instant canceledAt) {}

    /** The event of a change at this time. */
    static Outbox.Event changed(Subscription after, Change change, Instant now) {
        BillingPeriod period = after.calendar().periodAt(lastInstant(after, now));
        return new Outbox.Event(
                TOPIC,
                after.userId(),
                CHANGED,
                now,
                new SubscriptionChanged(
                        after.id(),
                        after.userId(),
                        change,
                        after.planName(),
                        after.status(),
                        after.billingCycle(),
                        period.startsAt(),
                        period.endsAt(),
                        nextPeriodEnd(after, period),
                        after.includedTokens(),
                        after.includedSpeechSeconds(),
                        after.usageLimit(),
                        after.endsAt(),
                        after.canceledAt()));
    }

    @Nullable
    private static Instant nextPeriodEnd(Subscription after, BillingPeriod period) {
        return after.isActive() && after.endsAt() == null
                ? after.calendar().periodAt(period.endsAt()).endsAt()
                : null;
    }

    /** The same for all of the rows. */
    static List<Outbox.Event> changed(RowSet<Row> rows, Change change, Instant now) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(row -> changed(SubscriptionRow.read(row), change, now))
                .toList();
    }

    /** One that ended with a period ended in it, not in the next, which begins at that instant. */
    private static Instant lastInstant(Subscription after, Instant now) {
        if (after.isActive() || after.canceledAt() == null) {
            return now;
        }
        return after.canceledAt().equals(after.endsAt()) ? after.canceledAt().minusNanos(1000) : after.canceledAt();
    }
}
