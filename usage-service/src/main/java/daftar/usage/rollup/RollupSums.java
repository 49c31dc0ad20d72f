package daftar.usage.rollup;

import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * What a batch of new events adds to {@code usage_rollups}: added up here, since a program adds for a fraction of what it
 * costs the database.
 */
public final class RollupSums {

    private static final int MINUTE = 60;
    private static final int HOUR_MINUTES = 60;
    private static final int DAY_MINUTES = 1440;
    private static final int COST_DECIMALS = 6;

    private final Map<Bucket, Sums> minutes = new HashMap<>();

    private record Bucket(UUID userId, String serviceName, long startMinute) {}

    /** One row to add: a bucket of one, sixty or 1440 minutes and what was used in it. */
    private record Row(Bucket bucket, int bucketMinutes, Sums sums) {}

    private static final class Sums {
        private long events;
        private long tokensUsed;
        private long speechSeconds;
        private long costMicros;

        private void add(long moreEvents, long tokens, long seconds, long micros) {
            events += moreEvents;
            tokensUsed += tokens;
            speechSeconds += seconds;
            costMicros += micros;
        }

        private void add(Sums other) {
            add(other.events, other.tokensUsed, other.speechSeconds, other.costMicros);
        }
    }

    /**
     * Adds one event.
     *
     * @param costUsd US dollars with at most six decimals
     */
    public void add(
            UUID userId, String serviceName, Instant timestamp, int tokensUsed, int speechSeconds, BigDecimal costUsd) {
        Bucket minute = new Bucket(userId, serviceName, Math.floorDiv(timestamp.getEpochSecond(), MINUTE));
        minutes.computeIfAbsent(minute, first -> new Sums())
                .add(
                        1,
                        tokensUsed,
                        speechSeconds,
                        costUsd.movePointRight(COST_DECIMALS).longValueExact());
    }

    /** Adds the columns that {@link RollupUpsert#OF_SUMS} takes, in its order. */
    public void addColumns(Tuple parameters) {
        List<Row> rows = rows();
        parameters
                .addArrayOfUUID(column(rows, row -> row.bucket.userId, UUID[]::new))
                .addArrayOfShort(column(rows, row -> (short) row.bucketMinutes, Short[]::new))
                .addArrayOfLocalDateTime(column(rows, RollupSums::start, LocalDateTime[]::new))
                .addArrayOfString(column(rows, row -> row.bucket.serviceName, String[]::new))
                .addArrayOfLong(column(rows, row -> row.sums.events, Long[]::new))
                .addArrayOfLong(column(rows, row -> row.sums.tokensUsed, Long[]::new))
                .addArrayOfLong(column(rows, row -> row.sums.speechSeconds, Long[]::new))
                .addArrayOfString(column(rows, RollupSums::costUsd, String[]::new));
    }

    private List<Row> rows() {
        Map<Bucket, Sums> hours = longer(minutes, HOUR_MINUTES);
        Map<Bucket, Sums> days = longer(hours, DAY_MINUTES);
        List<Row> rows = new ArrayList<>(minutes.size() + hours.size() + days.size());
        minutes.forEach((bucket, sums) -> rows.add(new Row(bucket, 1, sums)));
        hours.forEach((bucket, sums) -> rows.add(new Row(bucket, HOUR_MINUTES, sums)));
        days.forEach((bucket, sums) -> rows.add(new Row(bucket, DAY_MINUTES, sums)));
        return rows;
    }

    private static Map<Bucket, Sums> longer(Map<Bucket, Sums> shorter, int length) {
        Map<Bucket, Sums> longer = new HashMap<>();
        shorter.forEach((bucket, sums) -> {
            long start = bucket.startMinute - Math.floorMod(bucket.startMinute, length);
            longer.computeIfAbsent(new Bucket(bucket.userId, bucket.serviceName, start), first -> new Sums())
                    .add(sums);
        });
        return longer;
    }

    private static LocalDateTime start(Row row) {
        return LocalDateTime.ofEpochSecond(row.bucket.startMinute * MINUTE, 0, ZoneOffset.UTC);
    }

    private static String costUsd(Row row) {
        return BigDecimal.valueOf(row.sums.costMicros, COST_DECIMALS).toPlainString();
    }

    private static <T> T[] column(List<Row> rows, Function<Row, T> value, IntFunction<T[]> array) {
        T[] column = array.apply(rows.size());
        for (int i = 0; i < column.length; i++) {
            column[i] = value.apply(rows.get(i));
        }
        return column;
    }
}
