package daftar.usage.rollup;

import daftar.usage.log.TimeRange;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of time that is read from one level of the roll-ups.
 *
 * @param bucketMinutes the level: 1, 60 or 1440
 * @param fromMinute inclusive, in minutes since 1970 in UTC, where a bucket of the level begins
 * @param toMinute exclusive, the same
 */
record Run(int bucketMinutes, long fromMinute, long toMinute) {

    /** From the longest to the shortest. */
    private static final int[] LEVELS = {1440, 60, 1};

    private static final int SECONDS = 60;

    /**
     * Covers a range without gap or overlap with as long buckets of UTC as lie wholly within one bucket of local time.
     *
     * @param range of whole minutes
     */
    static List<Run> covering(TimeRange range, Bucket bucket, ZoneId zone) {
        List<Run> runs = new ArrayList<>();
        for (Instant start = range.from(); start.isBefore(range.to()); ) {
            Instant end = bucket.endAfter(start, zone);
            Instant until = end.isBefore(range.to()) ? end : range.to();
            cover(runs, minute(start), minute(until), 0);
            start = until;
        }
        return runs;
    }

    private static void cover(List<Run> runs, long from, long to, int level) {
        if (from >= to) {
            return;
        }
        int length = LEVELS[level];
        long first = -Math.floorDiv(-from, length) * length;
        long last = Math.floorDiv(to, length) * length;
        if (first >= last) {
            cover(runs, from, to, level + 1);
        } else {
            cover(runs, from, first, level + 1);
            append(runs, new Run(length, first, last));
            cover(runs, last, to, level + 1);
        }
    }

    private static void append(List<Run> runs, Run next) {
        int end = runs.size() - 1;
        if (end >= 0
                && runs.get(end).bucketMinutes == next.bucketMinutes
                && runs.get(end).toMinute == next.fromMinute) {
            runs.set(end, new Run(next.bucketMinutes, runs.get(end).fromMinute, next.toMinute));
        } else {
            runs.add(next);
        }
    }

    /** The start as the table's column holds it. */
    LocalDateTime fromUtc() {
        return LocalDateTime.ofEpochSecond(fromMinute * SECONDS, 0, ZoneOffset.UTC);
    }

    /** The end as the table's column holds it. */
    LocalDateTime toUtc() {
        return LocalDateTime.ofEpochSecond(toMinute * SECONDS, 0, ZoneOffset.UTC);
    }

    private static long minute(Instant time) {
        return Math.floorDiv(time.getEpochSecond(), SECONDS);
    }
}
