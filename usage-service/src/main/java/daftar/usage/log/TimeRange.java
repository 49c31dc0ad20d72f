package daftar.usage.log;

import daftar.kit.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The time that a question is about.
 *
 * @param from inclusive, to the microsecond
 * @param to exclusive, later than {@code from}
 */
public record TimeRange(Instant from, Instant to) {

    private static final Duration DEFAULT_LENGTH = Duration.ofDays(30);
    private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    /**
     * Reads the two query parameters.
     *
     * @param from RFC 3339; null means 30 days before {@code to}
     * @param to RFC 3339; null means now
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 400 for what is no time; 422 for a range that is
     *     empty, reversed or outside 2000 to 2199
     */
    public static TimeRange parse(String from, String to, Instant now) {
        Instant end = to == null ? now : time("to", to);
        Instant start = from == null ? end.minus(DEFAULT_LENGTH) : time("from", from);
        if (!start.isBefore(end)) {
            throw invalid("from", "must be earlier than to");
        }
        return new TimeRange(start, end);
    }

    /** The whole minutes that the range touches. */
    public TimeRange wholeMinutes() {
        Instant start = from.truncatedTo(ChronoUnit.MINUTES);
        Instant end = to.truncatedTo(ChronoUnit.MINUTES);
        return new TimeRange(start, end.equals(to) ? end : end.plus(1, ChronoUnit.MINUTES));
    }

    /** The start as the table's column holds it. */
    LocalDateTime fromUtc() {
        return LocalDateTime.ofInstant(from, ZoneOffset.UTC);
    }

    /** The end as the table's column holds it. */
    LocalDateTime toUtc() {
        return LocalDateTime.ofInstant(to, ZoneOffset.UTC);
    }

    /**
     * Reads one query parameter.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 400 for what is no time; 422 outside 2000 to 2199
     */
    public static Instant time(String name, String text) {
        Instant time;
        try {
            time = OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException notOne) {
            throw Problem.MALFORMED_REQUEST.because(
                    "A time cannot be read.",
                    List.of(new Problem.FieldError(
                            "/" + name, "must be an RFC 3339 time, as in 2026-01-02T03:04:05Z")));
        }
        if (time.isBefore(EARLIEST) || !time.isBefore(LATEST)) {
            throw invalid(name, "must lie in the years 2000 to 2199");
        }
        return time;
    }

    /** A parameter of the query that breaks a rule: 422. */
    public static RuntimeException invalid(String name, String detail) {
        return Problem.INVALID_INPUT.because(
                "See errors for what is wrong and where.", List.of(new Problem.FieldError("/" + name, detail)));
    }
}
