package daftar.billing.subscription;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

/**
 * What somebody wants to subscribe to.
 *
 * @param planName a plan of {@code /v1/plans}
 * @param billingCycle one of its cycles
 */
record NewSubscription(
        @NotNull @Size(min = 1, max = 100) @Pattern(regexp = "[^\\x00]*", message = "must not contain NUL")
        String planName,

        @NotNull BillingCycle billingCycle) {}
