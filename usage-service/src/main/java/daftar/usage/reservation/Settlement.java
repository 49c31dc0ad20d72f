package daftar.usage.reservation;

import jakarta.annotation.Nullable;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.UUID;

/**
 * What was really used.
 *
 * @param tokensUsed 0 where it is absent
 * @param speechSeconds 0 where it is absent
 * @param sessionId the reservation's where it is absent
 * @param serviceName the reservation's where it is absent
 * @param costUsd what it cost the platform, US dollars as decimal text
 */
record Settlement(
        @Nullable @Min(0) Integer tokensUsed,
        @Nullable @Min(0) Integer speechSeconds,
        @Nullable UUID sessionId,

        @Nullable
        @Size(min = 1, max = NewReservation.SERVICE_NAME_LENGTH)
        @Pattern(regexp = NewReservation.SERVICE_NAME)
        String serviceName,

        @Nullable @Pattern(regexp = "[0-9]{1,4}(\\.[0-9]{1,6})?")
        String costUsd) {

    int tokens() {
        return tokensUsed == null ? 0 : tokensUsed;
    }

    int seconds() {
        return speechSeconds == null ? 0 : speechSeconds;
    }
}
