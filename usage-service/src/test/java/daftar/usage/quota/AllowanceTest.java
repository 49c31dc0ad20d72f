package daftar.usage.quota;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.kit.inbox.Effect.Rejection;
import daftar.usage.quota.Allowance.Period;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Until when something of a period can be reserved. */
class AllowanceTest {

    private static final Period PERIOD =
            new Period(Instant.parse("2026-01-31T22:00:00Z"), Instant.parse("2026-02-28T22:00:00Z"));

    @ParameterizedTest
    @CsvSource({
        ",                            2026-02-28T22:00:00Z",
        "2026-03-01T00:00:00Z,        2026-02-28T22:00:00Z",
        "2026-02-28T22:00:00Z,        2026-02-28T22:00:00Z",
        "2026-02-10T12:34:56.789123Z, 2026-02-10T12:34:56.789123Z",
        "2026-01-31T22:00:00Z,        2026-01-31T22:00:00Z",
        "2026-01-01T00:00:00Z,        2026-01-31T22:00:00Z"
    })
    void endsWithThePeriodOrWithTheSubscription(Instant overAt, Instant end) {
        assertEquals(end, allowance(overAt).endsAt(PERIOD));
    }

    @Test
    void aPeriodThatBeginsWithinAMinuteIsRefusedSinceUsageIsAddedUpByTheMinute() {
        Instant within = PERIOD.start().plusSeconds(30);
        assertThrows(Rejection.class, () -> new Period(within, PERIOD.end()));
        assertThrows(Rejection.class, () -> new Period(PERIOD.start(), within.plusSeconds(60)));
        assertThrows(Rejection.class, () -> new Period(PERIOD.end(), PERIOD.start()));
    }

    private static Allowance allowance(Instant overAt) {
        return new Allowance(UUID.randomUUID(), UUID.randomUUID(), "basic", PERIOD, null, "hard", 1, 1, overAt, 1);
    }
}
