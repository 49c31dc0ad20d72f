package daftar.identity.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KeyScheduleTest {

    private static final Instant START = Instant.parse("2026-09-01T06:00:00Z");
    private static final KeyTimes FIRST =
            KeySchedule.due(List.of(), "first", START).orElseThrow();

    @Test
    void theFirstKeySignsAtOnceForThirtyDays() {
        assertEquals(new KeyTimes("first", START, START, START.plus(Duration.ofDays(30))), FIRST);
        assertEquals(Optional.of("first"), KeySchedule.signer(List.of(FIRST), START));
    }

    @Test
    void aSuccessorIsPublishedAnHourBeforeItSigns() {
        Instant due = FIRST.retireAt().minus(Duration.ofHours(1));
        assertTrue(KeySchedule.due(List.of(FIRST), "second", due.minusMillis(1)).isEmpty());
        KeyTimes second = KeySchedule.due(List.of(FIRST), "second", due).orElseThrow();
        assertEquals(FIRST.retireAt(), second.activeFrom());
        List<KeyTimes> both = List.of(FIRST, second);
        assertTrue(KeySchedule.due(both, "third", due).isEmpty());
        assertEquals(
                Optional.of("first"),
                KeySchedule.signer(both, second.activeFrom().minusMillis(1)));
        assertEquals(Optional.of("second"), KeySchedule.signer(both, second.activeFrom()));
    }

    @Test
    void afterALongPauseTheSuccessorIsStillPublishedBeforeItSigns() {
        Instant late = FIRST.retireAt().plus(Duration.ofDays(90));
        KeyTimes second = KeySchedule.due(List.of(FIRST), "second", late).orElseThrow();
        assertEquals(late.plus(Duration.ofMinutes(15)), second.activeFrom());
        assertEquals(Optional.of("first"), KeySchedule.signer(List.of(FIRST, second), late));
        assertEquals(List.of(), KeySchedule.expired(List.of(FIRST, second), late));
    }

    @Test
    void aKeyStaysUntilTheLastTokenItSignedHasExpiredAndAnHourMore() {
        KeyTimes second = KeySchedule.due(
                        List.of(FIRST), "second", FIRST.retireAt().minus(Duration.ofHours(1)))
                .orElseThrow();
        List<KeyTimes> both = List.of(FIRST, second);
        Instant end = second.activeFrom().plus(Duration.ofMinutes(65));
        assertEquals(List.of(), KeySchedule.expired(both, end.minusMillis(1)));
        assertEquals(List.of("first"), KeySchedule.expired(both, end));
    }

    @Test
    void aKeyWhoseTimeHasNotComeByThisClockIsBetterThanNone() {
        assertEquals(Optional.of("first"), KeySchedule.signer(List.of(FIRST), START.minusSeconds(5)));
        assertEquals(Optional.empty(), KeySchedule.signer(List.of(), START));
    }

    /** Every minute of a year: exactly the promises above, whenever anybody looks. */
    @Test
    void forAYearTheSignerIsAlwaysPublishedEarlyEnoughAndLongEnough() {
        List<KeyTimes> keys = new ArrayList<>(List.of(FIRST));
        int made = 1;
        String signer = "first";
        for (Instant now = START; now.isBefore(START.plus(Duration.ofDays(365))); now = now.plusSeconds(60)) {
            Optional<KeyTimes> due = KeySchedule.due(keys, "key-" + made, now);
            if (due.isPresent()) {
                keys.add(due.get());
                made++;
            }
            List<String> expired = KeySchedule.expired(keys, now);
            keys.removeIf(key -> expired.contains(key.kid()));
            String present = KeySchedule.signer(keys, now).orElseThrow();
            if (!present.equals(signer)) {
                Instant signsNow = now;
                KeyTimes times = keys.stream()
                        .filter(key -> key.kid().equals(present))
                        .findFirst()
                        .orElseThrow();
                assertTrue(!times.createdAt().isAfter(signsNow.minus(Duration.ofMinutes(15))), "published too late");
                String before = signer;
                assertTrue(keys.stream().anyMatch(key -> key.kid().equals(before)), "the old one went too early");
                signer = present;
            }
            assertTrue(keys.size() <= 2, "keys pile up");
        }
        assertEquals(13, made);
    }
}
