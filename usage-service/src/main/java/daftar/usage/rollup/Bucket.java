package daftar.usage.rollup;

import daftar.usage.log.TimeRange;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The pieces of local time that usage is added up in. */
enum Bucket {
    /** A minute. */
    MINUTE,
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
     * A later instant up to which all belongs to one bucket: the bucket's end, or a change of the clock before it, after
     * which the local time may be one that has been before (30 minutes of it on Lord Howe Island, midnight itself in St
     * John's until 2011).
     */
    Instant endAfter(Instant start, ZoneId zone) {
        ZonedDateTime local = start.atZone(zone);
        LocalDate day = local.toLocalDate();
        Instant end = switch (this) {
            case MINUTE -> start.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
            case HOUR ->
                local.toLocalDateTime()
                        .truncatedTo(ChronoUnit.HOURS)
                        .plusHours(1)
                        .toInstant(local.getOffset());
            case DAY -> day.plusDays(1).atStartOfDay().toInstant(local.getOffset());
            case MONTH -> day.withDayOfMonth(1).plusMonths(1).atStartOfDay().toInstant(local.getOffset());
        };
        ZoneOffsetTransition change = zone.getRules().nextTransition(start);
        return change != null && change.getInstant().isBefore(end) ? change.getInstant() : end;
    }

    /**
     * Refuses ranges that would make an answer without end.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 422 for more than 10,000 buckets
     */
    void limit(TimeRange range, ZoneId zone) {
        Duration length = Duration.between(range.from(), range.to());
        long count = switch (this) {
            case MINUTE -> length.toMinutes();
            case HOUR -> length.toHours();
            case DAY -> length.toDays();
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
