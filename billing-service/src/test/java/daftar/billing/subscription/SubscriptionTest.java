package daftar.billing.subscription;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SubscriptionTest {

    private static final Instant START = Instant.parse("2026-01-31T10:00:00Z");
    private static final Instant FIRST_END = Instant.parse("2026-02-27T22:00:00Z");

    @Test
    void renewsAtTheVeryEndOfItsPeriod() {
        Instant secondEnd = Instant.parse("2026-03-30T22:00:00Z");

        assertEquals(FIRST_END, active().asOf(FIRST_END.minusMillis(1)).nextBillingDate());
        assertEquals(secondEnd, active().asOf(FIRST_END).nextBillingDate());
    }

    @Test
    void endsAtTheVeryEndOfThePeriodThatItWasCancelledTo() {
        Subscription leaving = active().cancel(true, START);

        assertTrue(leaving.asOf(FIRST_END.minusMillis(1)).isActive());
        assertNull(leaving.nextBillingDate());
        assertFalse(leaving.asOf(FIRST_END).isActive());
        assertEquals(FIRST_END, leaving.asOf(FIRST_END.plusSeconds(99)).canceledAt());
    }

    @Test
    void cancellingAgainChangesNothing() {
        Subscription leaving = active().cancel(true, START);
        Subscription gone = active().cancel(false, START);

        assertEquals(leaving, leaving.cancel(true, START.plusSeconds(1)));
        assertEquals(gone, gone.cancel(false, START.plusSeconds(1)));
        assertEquals(gone, gone.cancel(true, START.plusSeconds(1)));
    }

    @Test
    void anEndThatIsToComeCanBeBroughtForward() {
        Subscription gone = active().cancel(true, START).cancel(false, START.plusSeconds(5));

        assertEquals(Subscription.CANCELED, gone.status());
        assertEquals(START.plusSeconds(5), gone.canceledAt());
    }

    @Test
    void cannotEndLaterThanItDid() {
        Subscription over = active().cancel(true, START).cancel(false, FIRST_END.plusSeconds(5));

        assertEquals(FIRST_END, over.canceledAt());
    }

    private static Subscription active() {
        return new Subscription(
                UUID.randomUUID(),
                UUID.randomUUID(),
                "basic",
                Subscription.ACTIVE,
                "monthly",
                new BigDecimal("199.00"),
                START,
                FIRST_END,
                LocalDate.parse("2026-01-31"),
                "Africa/Cairo",
                1000,
                60,
                "hard",
                false,
                null,
                null,
                0);
    }
}
