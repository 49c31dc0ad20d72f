package daftar.retention;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.annotation.Nullable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;

/**
 * How long each table of a slice keeps its rows, and why: one entry a table.
 *
 * @param entries in the order of the file
 */
public record Schedule(List<Entry> entries) {

    /** Where a service keeps its schedule. */
    public static final String RESOURCE = "retention.json";

    /** What happens to a row once its period is over. */
    public enum Action {
        @JsonProperty("delete")
        DELETE,
        @JsonProperty("anonymise")
        ANONYMISE,
        @JsonProperty("archive")
        ARCHIVE,
        /** Nothing: the row is kept for ever. */
        @JsonProperty("none")
        NONE
    }

    /**
     * How long one table keeps its rows.
     *
     * @param table without its schema
     * @param purpose what the rows are kept for
     * @param basis the law that allows or asks for it
     * @param period ISO 8601, in days, months and years; or in words, where the end is an event and no age
     * @param clock the column that the period runs from; null where nobody measures it here
     * @param only an SQL condition: rows for which it does not hold are still in use, and no period runs for them; null: all
     * @param by who sees to it; {@value #JOB} is the job of {@link Retention}
     */
    public record Entry(
            String table,
            String purpose,
            String basis,
            String period,
            @Nullable String clock,
            @Nullable String only,
            Action action,
            String by) {

        /** {@link Entry#by} of what {@link Retention} deletes. */
        public static final String JOB = "retention";

        public Entry {
            for (String text : List.of(table, purpose, basis, period, by)) {
                if (text.isBlank()) {
                    throw new IllegalArgumentException(table + ": an entry says all of it");
                }
            }
            Objects.requireNonNull(action, table);
            if (clock != null) {
                Period.parse(period);
            }
            if (by.equals(JOB) && (action != Action.DELETE || clock == null)) {
                throw new IllegalArgumentException(table + ": the job deletes by a clock and does nothing else");
            }
        }

        boolean isTheJobs() {
            return by.equals(JOB);
        }

        /** How old the period lets a row be: its clock must not be before this. A period ends with its day, in UTC. */
        OffsetDateTime limit(Instant now) {
            return now.atOffset(ZoneOffset.UTC).truncatedTo(ChronoUnit.DAYS).minus(Period.parse(period));
        }

        /** Seconds since a row with this clock should have gone, 0 while it may stay. */
        long overdueSeconds(OffsetDateTime oldest, Instant now) {
            Instant due = oldest.withOffsetSameInstant(ZoneOffset.UTC)
                    .plus(Period.parse(period))
                    .toInstant();
            return Math.max(0, due.until(now, ChronoUnit.SECONDS));
        }
    }

    public Schedule {
        entries = List.copyOf(entries);
        long tables = entries.stream().map(Entry::table).distinct().count();
        if (tables != entries.size()) {
            throw new IllegalArgumentException("a table has two entries");
        }
    }

    /** Reads a service's file; fails on anything that is no schedule. */
    public static Schedule read(InputStream file) {
        try {
            return new Schedule(List.of(new JsonMapper().readValue(file, Entry[].class)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
