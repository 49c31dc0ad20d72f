package daftar.usage.log;

import java.time.Duration;
import java.time.Period;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The pieces of local time that usage is added up in. */
enum Bucket {
    /** An hour of the clock; the hour that comes twice in autumn is two buckets. */
    HOUR,
    /** A calendar day, of 23 or 25 hours twice a year. */
    DAY,
    /** A calendar month. */
    MONTH;

    private static final int MOST = 10_000;

    /**
     * Reads the query parameter.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 422 when it is none
     */
    static Bucket parse(String text) {
        return Arrays.stream(values())
                .filter(bucket -> bucket.wireName().equals(text))
                .findFirst()
                .orElseThrow(() -> TimeRange.invalid(
                        "bucket",
                        "must be one of "
                                + Arrays.stream(values()).map(Bucket::wireName).collect(Collectors.joining(", "))));
    }

    /** The name in requests, answers and PostgreSQL's {@code date_trunc}. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Refuses ranges that would make an answer without end.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 422 for more than 10,000 buckets
     */
    void limit(TimeRange range, ZoneId zone) {
        long count = switch (this) {
            case HOUR -> Duration.between(range.from(), range.to()).toHours();
            case DAY -> Duration.between(range.from(), range.to()).toDays();
            case MONTH ->
                Period.between(
                                range.from().atZone(zone).toLocalDate(),
                                range.to().atZone(zone).toLocalDate())
                        .toTotalMonths();
        };
        if (count > MOST) {
            throw TimeRange.invalid("from", "must be at most " + MOST + " buckets before to");
        }
    }
}
