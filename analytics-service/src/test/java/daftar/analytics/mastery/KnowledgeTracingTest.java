package daftar.analytics.mastery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnowledgeTracingTest {

    private final KnowledgeTracing platform = KnowledgeTracing.PLATFORM;

    /** By hand: right 0.45/0.55 = 9/11, then 9/11 + 2/11 * 0.15; wrong 0.05/0.45 = 1/9, then 1/9 + 8/9 * 0.15. */
    @Test
    void followsTheFormulaOfTheSource() {
        assertEquals(9 / 11.0 + 2 / 11.0 * 0.15, platform.after(0.5, true), 1e-15);
        assertEquals(1 / 9.0 + 8 / 9.0 * 0.15, platform.after(0.5, false), 1e-15);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.1, 0.2, 0.1",
        "1, 0.1, 0.2, 0.1",
        "NaN, 0.1, 0.2, 0.1",
        "0.5, -0.1, 0.2, 0.1",
        "0.5, 1, 0.2, 0.1",
        "0.5, 0.1, 0, 0.1",
        "0.5, 0.1, 0.2, 0",
        "0.5, 0.1, 0.5, 0.5",
        "0.5, 0.1, 0.7, 0.4"
    })
    void refusesParametersThatReadDegenerately(double known, double learn, double guess, double slip) {
        assertThrows(IllegalArgumentException.class, () -> new KnowledgeTracing(known, learn, guess, slip));
    }

    @Test
    void staysAProbabilityThatCanStillMoveWhateverIsAnswered() {
        for (boolean always : new boolean[] {true, false}) {
            double mastery = platform.known();
            for (int i = 0; i < 10_000; i++) {
                mastery = platform.after(mastery, always);
                assertTrue(mastery > 0 && mastery < 1);
            }
            double moved = platform.after(mastery, !always);
            assertTrue(always ? moved < mastery : moved > mastery, "stuck at " + mastery);
        }
    }

    @Test
    void aRightAnswerNeverCountsForLessThanAWrongOneAndMoreMasteryStaysMore() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            double guess = 0.01 + 0.4 * random.nextDouble();
            double slip = 0.01 + (0.97 - guess) * random.nextDouble() * 0.9;
            KnowledgeTracing any = new KnowledgeTracing(0.5, random.nextDouble() * 0.9, guess, slip);
            double less = 1e-6 + random.nextDouble() * 0.99;
            double more = less + (1 - 1e-6 - less) * random.nextDouble();
            String with = any + ", " + less + ", " + more + ", seed " + seed;
            assertTrue(any.after(less, true) >= any.after(less, false), with);
            assertTrue(any.after(less, true) >= less - 1e-12 || less > 1 - 1e-5, with);
            for (boolean correct : new boolean[] {true, false}) {
                assertTrue(any.after(more, correct) >= any.after(less, correct) - 1e-12, with);
            }
        }
    }
}
