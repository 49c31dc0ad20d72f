package daftar.billing.subscription;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.Locale;

/** How long a billing period is. */
public enum BillingCycle {
    /** One calendar month. */
    @JsonProperty("monthly")
    MONTHLY(1),
    /** Twelve calendar months. */
    @JsonProperty("yearly")
    YEARLY(12);

    private final int months;

    BillingCycle(int months) {
        this.months = months;
    }

    /** The length in calendar months. */
    public int months() {
        return months;
    }

    /** The name in tables and JSON. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static BillingCycle of(String wireName) {
        return Arrays.stream(values())
                .filter(cycle -> cycle.wireName().equals(wireName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no billing cycle: " + wireName));
    }
}
