package daftar.usage.reservation;

import jakarta.annotation.Nullable;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.UUID;

/**
 * What is to be reserved; of at least one meter more than nothing.
 *
 * @param tokens 0 where it is absent
 * @param speechSeconds 0 where it is absent
 * @param ttlSeconds after how long it ends by itself
 */
record NewReservation(
        @Nullable @Min(0) Integer tokens,
        @Nullable @Min(0) Integer speechSeconds,
        @NotNull @Min(1) @Max(LONGEST_TTL) Integer ttlSeconds,
        @Nullable UUID sessionId,

        @Nullable @Size(min = 1, max = SERVICE_NAME_LENGTH) @Pattern(regexp = SERVICE_NAME)
        String serviceName) {

    static final int LONGEST_TTL = 3_600;
    static final int SERVICE_NAME_LENGTH = 50;

    /** Not blank, and without NUL, as usage events have it. */
    static final String SERVICE_NAME = "[^\\x00]*[^\\s\\x00][^\\x00]*";

    int tokensWanted() {
        return tokens == null ? 0 : tokens;
    }

    int secondsWanted() {
        return speechSeconds == null ? 0 : speechSeconds;
    }
}
