package daftar.usage.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import daftar.usage.reservation.Reservation.Outcome;
import daftar.usage.reservation.Reservation.State;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can become of a reservation of 100 tokens and 10 seconds. */
class ReservationTest {

    private static final UUID ID = UUID.randomUUID();
    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05Z");

    @ParameterizedTest
    @CsvSource({"HELD, 40, 4, -60, -6", "HELD, 100, 10, 0, 0", "HELD, 150, 0, 50, -10", "EXPIRED, 40, 4, 40, 4"})
    void isSettledWithWhatWasUsedAlsoWhenThatIsMoreOrTooLate(
            State state, int tokens, int seconds, long addedTokens, long addedSeconds) {
        Outcome.Changed changed =
                assertInstanceOf(Outcome.Changed.class, of(state).settle(used(tokens, seconds)));

        assertEquals(State.SETTLING, changed.after().state());
        assertEquals(tokens, changed.after().tokens());
        assertEquals(seconds, changed.after().speechSeconds());
        assertEquals(addedTokens, changed.tokens());
        assertEquals(addedSeconds, changed.speechSeconds());
    }

    @ParameterizedTest
    @CsvSource({"SETTLING", "SETTLED"})
    void settlingAgainIsTheSameOrRefused(State state) {
        assertInstanceOf(Outcome.Unchanged.class, of(state).settle(used(100, 10)));
        assertInstanceOf(Outcome.Refused.class, of(state).settle(used(99, 10)));
        assertInstanceOf(Outcome.Refused.class, of(state).settle(used(100, 11)));
    }

    @Test
    void whatWasReleasedWasNotUsed() {
        assertInstanceOf(Outcome.Refused.class, of(State.RELEASED).settle(used(100, 10)));
    }

    @Test
    void givesBackWhatItHeldWhenItIsReleased() {
        Outcome.Changed changed =
                assertInstanceOf(Outcome.Changed.class, of(State.HELD).release());

        assertEquals(State.RELEASED, changed.after().state());
        assertEquals(-100, changed.tokens());
        assertEquals(-10, changed.speechSeconds());
    }

    @Test
    void isReleasedOnceAndNeverAfterASettlement() {
        assertInstanceOf(Outcome.Unchanged.class, of(State.RELEASED).release());
        assertInstanceOf(Outcome.Unchanged.class, of(State.EXPIRED).release());
        assertInstanceOf(Outcome.Refused.class, of(State.SETTLING).release());
        assertInstanceOf(Outcome.Refused.class, of(State.SETTLED).release());
    }

    @Test
    void keepsItsSessionAndServiceUnlessTheSettlementSaysOthers() {
        UUID other = UUID.randomUUID();
        Outcome.Changed same =
                assertInstanceOf(Outcome.Changed.class, of(State.HELD).settle(used(1, 1)));
        Outcome.Changed changed = assertInstanceOf(
                Outcome.Changed.class, of(State.HELD).settle(new Settlement(1, null, other, "chat", null)));

        assertEquals(ID, same.after().sessionId());
        assertEquals("tutor", same.after().serviceName());
        assertEquals(other, changed.after().sessionId());
        assertEquals("chat", changed.after().serviceName());
        assertEquals(0, changed.after().speechSeconds());
    }

    private static Reservation of(State state) {
        return new Reservation(ID, ID, state, 100, 10, ID, "tutor", TIME, TIME.plusSeconds(60));
    }

    private static Settlement used(int tokens, int seconds) {
        return new Settlement(tokens, seconds, null, null, null);
    }
}
