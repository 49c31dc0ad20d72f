package daftar.acceptance;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the primary's connections again and again, and keeps the most that there ever were. */
final class Backends implements AutoCloseable {

    /** Who has a connection and has not yet said as which role counts too. */
    private static final String BY_ROLE = """
            SELECT coalesce(usename, 'not yet known') AS role, count(*) AS connections
            FROM pg_stat_activity
            WHERE backend_type = 'client backend'
            GROUP BY usename
            """;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Connection superuser;
    private final Map<String, Integer> most = new ConcurrentHashMap<>();
    private final AtomicInteger mostInAll = new AtomicInteger();
    private final AtomicInteger samples = new AtomicInteger();
    private volatile SQLException failure;

    Backends(LocalSystem system) throws SQLException {
        superuser = system.connect("postgres", false);
        var unused = timer.scheduleWithFixedDelay(this::sample, 0, 50, TimeUnit.MILLISECONDS);
    }

    private void sample() {
        try (Statement statement = superuser.createStatement();
                ResultSet rows = statement.executeQuery(BY_ROLE)) {
            int all = 0;
            while (rows.next()) {
                all += rows.getInt("connections");
                most.merge(rows.getString("role"), rows.getInt("connections"), Math::max);
            }
            mostInAll.accumulateAndGet(all, Math::max);
            samples.incrementAndGet();
        } catch (SQLException e) {
            failure = e;
            timer.shutdown();
        }
    }

    /** The most connections that a role ever had. */
    Map<String, Integer> most() {
        return new TreeMap<>(most);
    }

    int mostInAll() {
        return mostInAll.get();
    }

    int samples() {
        return samples.get();
    }

    @Override
    public void close() throws SQLException {
        timer.shutdownNow();
        superuser.close();
        if (failure != null) {
            throw new IllegalStateException("sampling failed on the way, and saw nothing from then on", failure);
        }
    }
}
