package daftar.billing.subscription;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import daftar.kit.request.EntityTag;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * Who subscribed to what, and in which state it is.
 *
 * @param status active or canceled
 * @param billingCycle monthly or yearly
 * @param amountEgp price of one cycle in Egyptian pounds, as agreed at the start
 * @param nextBillingDate when the next period starts; null when none follows
 * @param anchorDate first local day of the first period
 * @param timeZone IANA zone of the periods' days
 * @param includedTokens tokens that one cycle includes, as agreed at the start
 * @param includedSpeechSeconds seconds of speech that one cycle includes, as agreed at the start
 * @param usageLimit hard: no more can be reserved than is included; soft: it can; as agreed at the start
 * @param cancelAtPeriodEnd whether it was cancelled to the end of a period
 * @param endsAt when that period ends; null when it was not
 * @param canceledAt when it ended; null while it is active
 * @param version counts the changes of the table's row
 */
public record Subscription(
        UUID id,
        UUID userId,
        String planName,
        String status,
        String billingCycle,

        @JsonFormat(shape = JsonFormat.Shape.STRING) @Schema(type = SchemaType.STRING, examples = "199.00")
        BigDecimal amountEgp,

        Instant startedAt,
        @Nullable Instant nextBillingDate,
        LocalDate anchorDate,
        String timeZone,
        long includedTokens,
        long includedSpeechSeconds,
        String usageLimit,
        boolean cancelAtPeriodEnd,
        @Nullable Instant endsAt,
        @Nullable Instant canceledAt,
        @JsonIgnore @Schema(hidden = true) long version) {

    static final String ACTIVE = "active";
    static final String CANCELED = "canceled";

    /** A representation and its ETag. */
    record Tagged(Subscription subscription, String tag) {}

    /** A period that ends renews the subscription or ends it, without a change of the row: the tag tells that too. */
    Tagged tagged() {
        return new Tagged(
                this,
                EntityTag.of(
                        version, isActive() ? 1 : 0, nextBillingDate == null ? 0 : nextBillingDate.toEpochMilli()));
    }

    /** Whether it goes on. */
    @JsonIgnore
    public boolean isActive() {
        return ACTIVE.equals(status);
    }

    /** Its billing periods. */
    @JsonIgnore
    public BillingCalendar calendar() {
        return new BillingCalendar(anchorDate, BillingCycle.of(billingCycle), java.time.ZoneId.of(timeZone));
    }

    /**
     * What it is at this time. A period that is over ends or renews a subscription at its very end,
     * whenever the table's row follows.
     */
    public Subscription asOf(Instant now) {
        if (!isActive()) {
            return this;
        }
        if (endsAt != null) {
            return endsAt.isAfter(now) ? this : ended(endsAt);
        }
        return with(status, calendar().periodAt(now).endsAt(), cancelAtPeriodEnd, null, null);
    }

    /** Cancels it. What is cancelled already stays as it is, but an end that was to come can be brought forward. */
    Subscription cancel(boolean atPeriodEnd, Instant now) {
        Subscription present = asOf(now);
        if (!present.isActive()) {
            return present;
        }
        if (!atPeriodEnd) {
            return present.ended(now);
        }
        return present.cancelAtPeriodEnd
                ? present
                : present.with(ACTIVE, null, true, calendar().periodAt(now).endsAt(), null);
    }

    private Subscription ended(Instant when) {
        return with(CANCELED, null, cancelAtPeriodEnd, endsAt, when);
    }

    private Subscription with(
            String newStatus, Instant newNextBillingDate, boolean newCancel, Instant newEndsAt, Instant newCanceledAt) {
        return new Subscription(
                id,
                userId,
                planName,
                newStatus,
                billingCycle,
                amountEgp,
                startedAt,
                newNextBillingDate,
                anchorDate,
                timeZone,
                includedTokens,
                includedSpeechSeconds,
                usageLimit,
                newCancel,
                newEndsAt,
                newCanceledAt,
                version);
    }
}
