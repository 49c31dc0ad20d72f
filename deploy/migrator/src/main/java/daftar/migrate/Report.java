package daftar.migrate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What a run did, for a person, a pipeline ({@link #json}) and Prometheus ({@link #metrics}). */
public final class Report {
    private static final ObjectMapper JSON = new ObjectMapper()
            .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT);

    private final String slice;
    private final Phase phase;
    private final String startedAt;
    private final Map<String, String> overrides = new TreeMap<>();
    private final List<AppliedScript> scripts = new ArrayList<>();
    private final List<RunBackfill> backfills = new ArrayList<>();
    private final List<PendingScript> pending = new ArrayList<>();
    private final List<String> droppedIndexes = new ArrayList<>();
    private ExitCode exitCode = ExitCode.DONE;
    private String message = "";
    private String finishedAt = "";
    private long finishedAtSeconds;
    private double seconds;

    Report(String slice, Phase phase, String startedAt) {
        this.slice = slice;
        this.phase = phase;
        this.startedAt = startedAt;
    }

    /**
     * A script that ran.
     *
     * @param lockRetries attempts that ended without the lock
     * @param statements what it consists of, in the last attempt; without texts where they could hold data
     */
    public record AppliedScript(
            String script, String phase, double seconds, int lockRetries, List<RunStatement> statements) {}

    /**
     * One statement of a script.
     *
     * @param statement its first words
     * @param seconds with the wait for its lock
     */
    public record RunStatement(String statement, double seconds) {}

    /**
     * What a back-fill did in this run.
     *
     * @param rows that it went over in this run
     * @param lagPauses times that it waited for a replica
     */
    public record RunBackfill(String backfill, long rows, long batches, long lagPauses, boolean finished) {}

    /** A script that has yet to run. */
    public record PendingScript(String script, String phase) {}

    void overridden(Guard guard, String reason) {
        overrides.put(guard.word(), reason);
    }

    void applied(AppliedScript script) {
        scripts.add(script);
    }

    void backfilled(RunBackfill backfill) {
        backfills.add(backfill);
    }

    void droppedIndex(String index) {
        droppedIndexes.add(index);
    }

    void pending(List<PendingScript> left) {
        pending.clear();
        pending.addAll(left);
    }

    void ended(ExitCode code, String sentence, java.time.Instant at, double duration) {
        exitCode = code;
        message = sentence;
        finishedAt = at.toString();
        finishedAtSeconds = at.getEpochSecond();
        seconds = duration;
    }

    /** How the run ended. */
    public ExitCode exitCode() {
        return exitCode;
    }

    /** Why it ended; blank when all went well. */
    public String message() {
        return message;
    }

    /** The scripts that this run applied. */
    public List<AppliedScript> scripts() {
        return List.copyOf(scripts);
    }

    /** The back-fills that this run worked at. */
    public List<RunBackfill> backfills() {
        return List.copyOf(backfills);
    }

    /** What has yet to run. */
    public List<PendingScript> pending() {
        return List.copyOf(pending);
    }

    /** Half-made indexes of a run that was broken off, which this one dropped. */
    public List<String> droppedIndexes() {
        return List.copyOf(droppedIndexes);
    }

    /** One JSON document, field names in snake_case. */
    public String json() {
        Map<String, Object> document = new java.util.LinkedHashMap<>();
        document.put("slice", slice);
        document.put("phase", phase.word());
        document.put("started_at", startedAt);
        document.put("finished_at", finishedAt);
        document.put("seconds", seconds);
        document.put("exit_code", exitCode.number());
        document.put("result", exitCode.name().toLowerCase(Locale.ROOT));
        document.put("message", message);
        document.put("overrides", overrides);
        document.put("dropped_indexes", droppedIndexes);
        document.put("scripts", scripts);
        document.put("backfills", backfills);
        document.put("pending", pending);
        try {
            return JSON.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The text format of Prometheus, for the text-file collector of the node exporter or a push gateway. */
    public String metrics() {
        Metrics text = new Metrics(slice);
        text.gauge("daftar_migration_last_run_timestamp_seconds", "When the last run ended.", finishedAtSeconds);
        text.gauge("daftar_migration_exit_code", "How the last run ended, 0 is well.", exitCode.number());
        text.gauge("daftar_migration_seconds", "How long the last run took.", seconds);
        text.gauge("daftar_migration_scripts_applied", "Scripts that the last run applied.", scripts.size());
        text.gauge(
                "daftar_migration_lock_retries",
                "Attempts of the last run that did not get their lock.",
                scripts.stream().mapToInt(AppliedScript::lockRetries).sum());
        text.gauge(
                "daftar_migration_longest_statement_seconds",
                "The longest statement of the last run.",
                scripts.stream()
                        .flatMap(script -> script.statements().stream())
                        .mapToDouble(RunStatement::seconds)
                        .max()
                        .orElse(0));
        text.gauge(
                "daftar_migration_dropped_indexes",
                "Half-made indexes that the last run dropped.",
                droppedIndexes.size());
        text.gauge("daftar_migration_pending", "Scripts that have yet to run.", pending.size());
        text.gauge(
                "daftar_migration_backfill_rows",
                "Rows that the last run's back-fills went over.",
                backfills.stream().mapToLong(RunBackfill::rows).sum());
        return text.toString();
    }

    private static final class Metrics {
        private final String slice;
        private final StringBuilder text = new StringBuilder();

        Metrics(String slice) {
            this.slice = slice;
        }

        void gauge(String name, String help, Number value) {
            text.append("# HELP ").append(name).append(' ').append(help).append('\n');
            text.append("# TYPE ").append(name).append(" gauge\n");
            text.append(name)
                    .append("{slice=\"")
                    .append(slice)
                    .append("\"} ")
                    .append(value)
                    .append('\n');
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
