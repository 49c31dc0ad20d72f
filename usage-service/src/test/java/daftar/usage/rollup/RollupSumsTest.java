package daftar.usage.rollup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RollupSumsTest {

    private static final Instant START = Instant.parse("2025-12-31T21:30:00Z");
    private static final Map<Integer, ChronoUnit> LEVELS =
            Map.of(1, ChronoUnit.MINUTES, 60, ChronoUnit.HOURS, 1440, ChronoUnit.DAYS);

    @Test
    void eachLevelIsTheSumOfItsEvents() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<UUID> users =
                IntStream.range(0, 5).mapToObj(i -> UUID.randomUUID()).toList();
        RollupSums sums = new RollupSums();
        Map<String, BigDecimal[]> expected = new TreeMap<>();
        for (int i = 0; i < 2_000; i++) {
            UUID user = users.get(random.nextInt(users.size()));
            String service = random.nextBoolean() ? "tutor" : "speech";
            Instant time = START.plusMillis(random.nextInt(5 * 3_600_000)).minus(random.nextInt(2), ChronoUnit.DAYS);
            int tokens = random.nextInt(1_000);
            int seconds = random.nextInt(10);
            BigDecimal cost = BigDecimal.valueOf(random.nextInt(10_000_000), 6).stripTrailingZeros();
            sums.add(user, service, time, tokens, seconds, cost);
            LEVELS.forEach((minutes, unit) -> {
                BigDecimal[] sum = expected.computeIfAbsent(
                        key(user, minutes, LocalDateTime.ofInstant(time.truncatedTo(unit), ZoneOffset.UTC), service),
                        first -> new BigDecimal[] {
                            BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO.setScale(6)
                        });
                sum[0] = sum[0].add(BigDecimal.ONE);
                sum[1] = sum[1].add(BigDecimal.valueOf(tokens));
                sum[2] = sum[2].add(BigDecimal.valueOf(seconds));
                sum[3] = sum[3].add(cost);
            });
        }

        Tuple columns = Tuple.tuple();
        sums.addColumns(columns);

        assertEquals(expected.size(), columns.getArrayOfUUIDs(0).length);
        for (int i = 0; i < expected.size(); i++) {
            BigDecimal[] sum = expected.get(key(
                    columns.getArrayOfUUIDs(0)[i],
                    columns.getArrayOfShorts(1)[i],
                    columns.getArrayOfLocalDateTimes(2)[i],
                    columns.getArrayOfStrings(3)[i]));
            assertEquals(sum[0].longValueExact(), columns.getArrayOfLongs(4)[i]);
            assertEquals(sum[1].longValueExact(), columns.getArrayOfLongs(5)[i]);
            assertEquals(sum[2].longValueExact(), columns.getArrayOfLongs(6)[i]);
            assertEquals(sum[3].toPlainString(), columns.getArrayOfStrings(7)[i]);
        }
    }

    private static String key(UUID user, int minutes, LocalDateTime start, String service) {
        return user + " " + minutes + " " + start + " " + service;
    }
}
