package daftar.acceptance;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Looks twenty times a second who waits for a lock, since when and behind whom. A session that waits behind one of the owner
 * role, be it directly, is stalled by the migration: the server itself says for how long, so a busy client does not count.
 */
final class LockSampler implements AutoCloseable {

    private static final int EVERY_MILLIS = 50;

    private static final String WAITS = """
            SELECT l.pid,
                   a.usename = 'usage_app' AS service,
                   a.usename = 'usage_owner' AS migration,
                   round(extract(epoch FROM clock_timestamp() - l.waitstart) * 1000)::bigint AS waited,
                   coalesce(l.relation::regclass::text, l.locktype) || ' ' || l.mode AS what,
                   pg_blocking_pids(l.pid) AS before
            FROM pg_locks AS l
            JOIN pg_stat_activity AS a ON a.pid = l.pid
            WHERE NOT l.granted
              AND l.waitstart IS NOT NULL
            """;

    private static final String MIGRATION = """
            SELECT a.pid
            FROM pg_stat_activity AS a
            WHERE a.usename = 'usage_owner'
              AND a.datname = 'daftar'
            """;

    private static final String LAG = """
            SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), r.replay_lsn)), 0)::bigint
            FROM pg_stat_replication AS r
            """;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Connection superuser;
    private final Map<String, Seen> phases = new LinkedHashMap<>();
    private String current = "begin";
    private SQLException failure;

    /**
     * What was seen in a phase.
     *
     * @param samples how often it was looked
     * @param stalled most sessions of the service that waited behind the migration at a time
     * @param longest the longest of these waits, in milliseconds
     * @param what that wait was for
     * @param migrationWaited the migration's own longest wait, in milliseconds
     * @param lag the replica's, in bytes of log, at most
     * @param behindItself whether the migration waited for a session of its own
     */
    record Seen(
            int samples, int stalled, long longest, String what, long migrationWaited, long lag, boolean behindItself) {

        static final Seen NOTHING = new Seen(0, 0, 0, "", 0, 0, false);

        private Seen and(Seen other) {
            return new Seen(
                    samples + other.samples,
                    Math.max(stalled, other.stalled),
                    Math.max(longest, other.longest),
                    other.longest > longest ? other.what : what,
                    Math.max(migrationWaited, other.migrationWaited),
                    Math.max(lag, other.lag),
                    behindItself || other.behindItself);
        }
    }

    private record Wait(boolean service, boolean migration, long waited, String what, List<Integer> before) {}

    LockSampler(LocalSystem system) throws SQLException {
        superuser = system.connect("postgres", false);
        var unused = timer.scheduleAtFixedRate(this::sample, 0, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    synchronized void phase(String name) {
        current = name;
    }

    synchronized Map<String, Seen> phases() {
        requireWorking();
        return new LinkedHashMap<>(phases);
    }

    /** All phases together. */
    synchronized Seen all() {
        requireWorking();
        return phases.values().stream().reduce(Seen.NOTHING, Seen::and);
    }

    private void sample() {
        try {
            Map<Integer, Wait> waits = waits();
            Set<Integer> migration = waits.isEmpty() ? Set.of() : new HashSet<>(numbers(MIGRATION));
            Seen seen = seen(waits, migration, numberOf(LAG));
            synchronized (this) {
                phases.merge(current, seen, Seen::and);
            }
        } catch (SQLException e) {
            synchronized (this) {
                failure = e;
            }
            timer.shutdown();
        }
    }

    private static Seen seen(Map<Integer, Wait> waits, Set<Integer> migration, long lag) {
        int stalled = 0;
        long longest = 0;
        String what = "";
        long own = 0;
        boolean behindItself = false;
        for (Wait wait : waits.values()) {
            boolean behind = isBehind(wait, waits, migration);
            if (wait.migration()) {
                own = Math.max(own, wait.waited());
                behindItself |= behind;
            }
            if (wait.service() && behind) {
                stalled++;
                if (wait.waited() >= longest) {
                    longest = wait.waited();
                    what = wait.what();
                }
            }
        }
        return new Seen(1, stalled, longest, what, own, lag, behindItself);
    }

    private static boolean isBehind(Wait wait, Map<Integer, Wait> waits, Set<Integer> migration) {
        Set<Integer> known = new HashSet<>();
        Deque<Integer> next = new ArrayDeque<>(wait.before());
        while (!next.isEmpty()) {
            int pid = next.pop();
            if (migration.contains(pid)) {
                return true;
            }
            if (known.add(pid) && waits.containsKey(pid)) {
                next.addAll(waits.get(pid).before());
            }
        }
        return false;
    }

    private Map<Integer, Wait> waits() throws SQLException {
        Map<Integer, Wait> waits = new HashMap<>();
        try (Statement statement = superuser.createStatement();
                ResultSet rows = statement.executeQuery(WAITS)) {
            while (rows.next()) {
                Array before = rows.getArray("before");
                waits.put(
                        rows.getInt("pid"),
                        new Wait(
                                rows.getBoolean("service"),
                                rows.getBoolean("migration"),
                                rows.getLong("waited"),
                                rows.getString("what"),
                                Arrays.asList((Integer[]) before.getArray())));
            }
        }
        return waits;
    }

    private List<Integer> numbers(String sql) throws SQLException {
        return Slices.query(superuser, sql).stream().map(Integer::valueOf).toList();
    }

    private long numberOf(String sql) throws SQLException {
        return Long.parseLong(Slices.query(superuser, sql).get(0));
    }

    private void requireWorking() {
        if (failure != null) {
            throw new IllegalStateException("sampling failed on the way, and saw nothing from then on", failure);
        }
    }

    @Override
    public void close() throws SQLException {
        timer.shutdownNow();
        superuser.close();
    }
}
