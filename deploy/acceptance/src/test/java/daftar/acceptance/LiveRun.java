package daftar.acceptance;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * A stretch of load over which a migration is judged. The judgement rests on the answers, on the server's log and on its lock
 * table, and not on how quick this machine is.
 */
final class LiveRun implements AutoCloseable {

    /** The last of the migrator's ladder. */
    static final Duration LONGEST_LOCK_TIMEOUT = Duration.ofMillis(1_500);

    /** With what the server may be late by. */
    static final Duration LONGEST_STALL = LONGEST_LOCK_TIMEOUT.plusMillis(250);

    private static final Duration ANSWERS = Duration.ofMinutes(2);
    private static final int SHOWN = 2;

    private final Connection superuser;
    private final LockSampler sampler;
    private final ServerErrors errors;
    private final ReservationLoad load;
    private final String file;

    /** Begins at once. */
    LiveRun(LocalSystem system, LiveInstances instances, List<UUID> users, long seed) throws SQLException, IOException {
        superuser = system.connect("postgres", false);
        file = HotTable.file(superuser);
        errors = new ServerErrors(system);
        sampler = new LockSampler(system);
        load = new ReservationLoad(system, instances, users, seed);
        load.begin();
    }

    void phase(String name) {
        sampler.phase(name);
        load.phase(name);
    }

    /** Waits until so many more requests of the phase are answered. */
    void awaitAnswers(int count) {
        int before = load.latencies().countOfCurrent();
        Awaitility.await(count + " answers")
                .atMost(ANSWERS)
                .until(() -> load.latencies().countOfCurrent() - before >= count);
    }

    /** Ends the load. */
    void finish() {
        load.finish();
    }

    Map<UUID, Integer> reservations() {
        return load.reservations();
    }

    LockSampler.Seen seen() {
        return sampler.all();
    }

    /**
     * What is wrong so far, each finding with what shows it; empty when all is well.
     *
     * @param ended whether the migration has ended in its time
     */
    Map<Finding, String> judge(boolean ended) throws SQLException, IOException {
        Map<Finding, String> found = new EnumMap<>(Finding.class);
        List<String> failures = load.failures();
        if (!failures.isEmpty()) {
            found.put(
                    Finding.FAILED_REQUESTS,
                    failures.size() + " failed: "
                            + failures.stream().limit(SHOWN).collect(Collectors.joining("; ")));
        }
        LockSampler.Seen seen = sampler.all();
        if (seen.longest() > LONGEST_STALL.toMillis()) {
            found.put(
                    Finding.STALL,
                    seen.stalled() + " sessions waited behind it at a time, the longest " + seen.longest() + " ms for "
                            + seen.what());
        }
        Map<String, Long> states = errors.counts();
        if (ServerErrors.OF_SCHEMA.stream().anyMatch(states::containsKey)) {
            found.put(Finding.SCHEMA_ERROR, "by SQLSTATE: " + states);
        }
        if (!HotTable.file(superuser).equals(file)) {
            found.put(Finding.REWRITE, "usage_reservations lies in another file");
        }
        if (!ended) {
            found.put(
                    Finding.ENDLESS,
                    "the migration has waited for " + seen.migrationWaited() + " ms"
                            + (seen.behindItself() ? " for a session of its own" : ""));
        }
        List<String> unfinished = UsageCatalogue.unfinished(superuser);
        if (!unfinished.isEmpty()) {
            found.put(Finding.LEFT_UNFINISHED, String.join("; ", unfinished));
        }
        return found;
    }

    /** Figures, a line for each phase. */
    String table() throws IOException {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%-28s %8s %8s %8s %8s %8s %9s %10s %9s%n",
                "phase",
                "answers",
                "p50 ms",
                "p99 ms",
                "most ms",
                "stalled",
                "stall ms",
                "waited ms",
                "lag kB"));
        Latencies times = load.latencies();
        for (Map.Entry<String, LockSampler.Seen> phase : sampler.phases().entrySet()) {
            LockSampler.Seen seen = phase.getValue();
            text.append(String.format(
                    Locale.ROOT,
                    "%-28s %8d %8d %8d %8d %8d %9d %10d %9d%n",
                    phase.getKey(),
                    times.count(phase.getKey()),
                    times.percentile(phase.getKey(), 50),
                    times.percentile(phase.getKey(), 99),
                    times.percentile(phase.getKey(), 100),
                    seen.stalled(),
                    seen.longest(),
                    seen.migrationWaited(),
                    seen.lag() / 1024));
        }
        return text.append("refused by SQLSTATE: ").append(errors.counts()).toString();
    }

    @Override
    public void close() throws SQLException {
        load.close();
        sampler.close();
        superuser.close();
    }
}
