package daftar.usage.rollup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.usage.log.TimeRange;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RunTest {

    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");

    @Test
    void aMonthOfUtcIsReadFromDaysAlone() {
        assertEquals(
                List.of("1440 2026-01-01T00:00 2026-02-01T00:00"),
                runs("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", Bucket.MONTH, ZoneOffset.UTC));
    }

    @Test
    void whatIsNoWholeDayIsReadFromHoursAndMinutes() {
        assertEquals(
                List.of(
                        "1 2026-01-01T21:58 2026-01-01T22:00",
                        "60 2026-01-01T22:00 2026-01-02T00:00",
                        "1440 2026-01-02T00:00 2026-01-04T00:00",
                        "60 2026-01-04T00:00 2026-01-04T01:00",
                        "1 2026-01-04T01:00 2026-01-04T01:30"),
                runs("2026-01-01T21:58:00Z", "2026-01-04T01:30:00Z", Bucket.MONTH, ZoneOffset.UTC));
    }

    @Test
    void aDayOfCairoIsReadFromHoursWhicheverLengthItHas() {
        assertEquals(
                List.of("60 2026-04-23T22:00 2026-04-24T21:00"),
                runs("2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z", Bucket.DAY, CAIRO));
        assertEquals(
                List.of("60 2026-10-28T21:00 2026-10-29T22:00"),
                runs("2026-10-28T21:00:00Z", "2026-10-29T22:00:00Z", Bucket.DAY, CAIRO));
    }

    @Test
    void anHourOfAZoneThatIsHalfAnHourOffIsReadFromMinutes() {
        assertEquals(
                List.of("1 2026-01-01T00:30 2026-01-01T02:30"),
                runs("2026-01-01T00:30:00Z", "2026-01-01T02:30:00Z", Bucket.HOUR, ZoneId.of("Asia/Kolkata")));
    }

    /** A local time that comes again does not come for ever. */
    @Test
    void clocksThatGoBackByHalfAnHourOrOverMidnightCoverTheirRange() {
        assertEquals(
                List.of("1 2026-04-04T14:30 2026-04-04T16:00"),
                runs("2026-04-04T14:30:00Z", "2026-04-04T16:00:00Z", Bucket.HOUR, ZoneId.of("Australia/Lord_Howe")));
        assertEquals(
                List.of("1 2010-11-07T02:00 2010-11-07T04:00", "60 2010-11-07T04:00 2010-11-07T05:00"),
                runs("2010-11-07T02:00:00Z", "2010-11-07T05:00:00Z", Bucket.DAY, ZoneId.of("America/St_Johns")));
    }

    /** Of ranges, buckets and zones by chance: no gap, no overlap, and no run crosses the end of a local bucket. */
    @Test
    void coversEveryRangeWithoutGapOrOverlapAndNeverAcrossABucketsEnd() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
        for (int i = 0; i < 2_000; i++) {
            ZoneId zone = ZoneId.of(zones.get(random.nextInt(zones.size())));
            Bucket bucket = List.of(Bucket.values()).get(random.nextInt(Bucket.values().length));
            Instant from = Instant.parse("2000-01-01T00:00:00Z").plus(Duration.ofMinutes(random.nextInt(20_000_000)));
            Instant to = from.plus(Duration.ofMinutes(1 + random.nextInt(bucket == Bucket.MONTH ? 200_000 : 5_000)));
            String which = "seed " + seed + ": " + bucket + " of " + zone + " from " + from + " to " + to;

            Instant at = from;
            for (Run run : Run.covering(new TimeRange(from, to), bucket, zone)) {
                assertEquals(at, instant(run.fromUtc()), which);
                at = instant(run.toUtc());
                for (long minute = run.fromMinute(); minute < run.toMinute(); minute += run.bucketMinutes()) {
                    Instant start = Instant.ofEpochSecond(minute * 60);
                    Instant end = start.plus(Duration.ofMinutes(run.bucketMinutes()));
                    assertTrue(!bucket.endAfter(start, zone).isBefore(end), which + ": a row at " + start);
                }
            }
            assertEquals(to, at, which);
        }
    }

    private static List<String> runs(String from, String to, Bucket bucket, ZoneId zone) {
        List<String> runs = new ArrayList<>();
        for (Run run : Run.covering(new TimeRange(Instant.parse(from), Instant.parse(to)), bucket, zone)) {
            runs.add(run.bucketMinutes() + " " + run.fromUtc() + " " + run.toUtc());
        }
        return runs;
    }

    private static Instant instant(LocalDateTime utc) {
        return utc.toInstant(ZoneOffset.UTC);
    }
}
