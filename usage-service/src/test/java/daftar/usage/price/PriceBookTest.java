package daftar.usage.price;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an event costs by the book. */
class PriceBookTest {

    private static final Instant SPRING = Instant.parse("2026-03-01T00:00:00Z");
    private static final Instant SUMMER = Instant.parse("2026-06-01T00:00:00Z");

    private final PriceBook book = PriceBook.of(List.of(
            price("tutor", "large", Unit.INPUT_TOKEN, "2.50", SPRING),
            price("tutor", "large", Unit.OUTPUT_TOKEN, "10.00", SPRING),
            price("tutor", "large", Unit.INPUT_TOKEN, "1.25", SUMMER),
            price("tutor", null, Unit.TOKEN, "4.00", SPRING),
            price("tutor", null, Unit.OUTPUT_TOKEN, "8.00", SPRING),
            price("speech", null, Unit.SPEECH_SECOND, "100", SPRING),
            price("speech", "late", Unit.SPEECH_SECOND, "200", SUMMER)));

    @Test
    void inputAndOutputHaveTheirOwnPrices() {
        assertEquals(2_500 + 5_000, book.microUsd(tokens("large", SPRING, 1_000, 500)));
    }

    @ParameterizedTest
    @CsvSource({
        "2026-02-28T23:59:59.999999Z, -1",
        "2026-03-01T00:00:00Z, 2500",
        "2026-05-31T23:59:59.999999Z, 2500",
        "2026-06-01T00:00:00Z, 1250"
    })
    void aVersionBeginsAtItsInstantAndEndsWhereTheNextBegins(Instant time, long expected) {
        assertEquals(expected, book.microUsd(new Use("tutor", "large", time, 1_000, 1_000, 0, 0)));
    }

    @Test
    void aModelWithoutAPriceHasTheServicesEachUnitByItself() {
        assertEquals(4_000, book.microUsd(total("unheard-of", SPRING, 1_000)));
        assertEquals(4_000, book.microUsd(total(null, SPRING, 1_000)));
        // one price of two is the model's own
        PriceBook mixed = PriceBook.of(List.of(
                price("tutor", "small", Unit.INPUT_TOKEN, "1", SPRING),
                price("tutor", null, Unit.INPUT_TOKEN, "5", SPRING),
                price("tutor", null, Unit.OUTPUT_TOKEN, "8", SPRING)));
        assertEquals(1_000 + 8_000, mixed.microUsd(tokens("small", SPRING, 1_000, 1_000)));
    }

    @Test
    void aModelWhosePriceHasNotBegunHasTheServices() {
        assertEquals(1_000, book.microUsd(seconds("late", SPRING, 10)));
        assertEquals(2_000, book.microUsd(seconds("late", SUMMER, 10)));
    }

    @Test
    void partsWithoutBothPricesAreRatedAsOneTotal() {
        assertEquals(4 * 300, book.microUsd(tokens("unheard-of", SPRING, 100, 200)));
    }

    @Test
    void whatHasNoPriceHasNoCostNotHalfOfOne() {
        assertEquals(PriceBook.UNPRICED, book.microUsd(total("any", SPRING.minusSeconds(1), 1)));
        assertEquals(PriceBook.UNPRICED, book.microUsd(new Use("chat", null, SPRING, 1, null, null, 0)));
        assertEquals(PriceBook.UNPRICED, book.microUsd(new Use("tutor", "large", SPRING, 2, 1, 1, 1)));
        assertEquals(PriceBook.UNPRICED, book.microUsd(new Use("speech", null, SPRING, 1, null, null, 1)));
    }

    @Test
    void nothingCostsNothingWithOrWithoutAPrice() {
        assertEquals(0, book.microUsd(new Use("chat", null, SPRING, 0, null, null, 0)));
        assertEquals(0, book.microUsd(new Use("chat", "x", SPRING, 0, 0, 0, 0)));
    }

    /** Half a millionth goes up; two halves make one, and not two. */
    @ParameterizedTest
    @CsvSource({"0.499999, 1, 0, 0", "0.5, 1, 0, 1", "0.5, 1, 1, 1", "0.4, 1, 1, 1", "0.25, 1, 1, 1", "0.2, 1, 1, 0"})
    void roundsHalfUpOnceAtTheEnd(String usdPerMillion, int input, int output, long expected) {
        PriceBook cheap = PriceBook.of(List.of(
                price("tutor", null, Unit.INPUT_TOKEN, usdPerMillion, SPRING),
                price("tutor", null, Unit.OUTPUT_TOKEN, usdPerMillion, SPRING)));

        assertEquals(expected, cheap.microUsd(tokens(null, SPRING, input, output)));
    }

    @Test
    void equalsExactDecimalsWhateverTheAmounts() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            BigDecimal input = BigDecimal.valueOf(random.nextLong(1_000_000_000L), 6);
            BigDecimal output = BigDecimal.valueOf(random.nextLong(1_000_000_000L), 6);
            int in = random.nextInt(1_000_000);
            int out = 1 + random.nextInt(1_000_000);
            PriceBook two = PriceBook.of(List.of(
                    price("tutor", null, Unit.INPUT_TOKEN, input.toPlainString(), SPRING),
                    price("tutor", null, Unit.OUTPUT_TOKEN, output.toPlainString(), SPRING)));

            BigDecimal exact = input.multiply(BigDecimal.valueOf(in))
                    .add(output.multiply(BigDecimal.valueOf(out)))
                    .movePointLeft(6)
                    .setScale(6, RoundingMode.HALF_UP);

            assertEquals(exact, BigDecimal.valueOf(two.microUsd(tokens(null, SPRING, in, out)), 6), "seed " + seed);
        }
    }

    @Test
    void aCostBeyondAnyRowIsStillANumber() {
        PriceBook dear = PriceBook.of(List.of(price("tutor", null, Unit.TOKEN, "999999.999999", SPRING)));

        assertTrue(dear.microUsd(total(null, SPRING, Integer.MAX_VALUE)) > 9_999_999_999L);
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 1010, false",
        "1010, 1000, false",
        "1011, 1000, true",
        "989, 1000, true",
        "1, 0, false",
        "2, 0, true",
        "0, 1, false",
        "11, 10, false",
        "12, 10, true"
    })
    void aDriftIsMoreThanAHundredthAndMoreThanTheLastDecimal(long reported, long computed, boolean expected) {
        assertEquals(expected, PriceBook.isDrift(reported, computed));
    }

    private static PriceBook.Version price(
            String service, @Nullable String model, Unit unit, String usdPerMillion, Instant from) {
        long micros = new BigDecimal(usdPerMillion).movePointRight(6).longValueExact();
        return new PriceBook.Version(UUID.randomUUID(), service, model, unit, micros, from);
    }

    private static Use tokens(@Nullable String model, Instant time, int input, int output) {
        return new Use("tutor", model, time, input + output, input, output, 0);
    }

    private static Use total(@Nullable String model, Instant time, int tokens) {
        return new Use("tutor", model, time, tokens, null, null, 0);
    }

    private static Use seconds(@Nullable String model, Instant time, int seconds) {
        return new Use("speech", model, time, 0, null, null, seconds);
    }

    private record Use(
            String serviceName,
            @Nullable String model,
            Instant timestamp,
            int tokensUsed,
            @Nullable Integer inputTokens,
            @Nullable Integer outputTokens,
            int speechSeconds)
            implements Metered {}
}
