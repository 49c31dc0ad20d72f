package daftar.acceptance;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;

/** What is in a migration's way on any real system. Each is in its place when it has been started. */
final class HostileSessions implements AutoCloseable {

    private static final String TABLE = "usage.usage_reservations";

    private static final String HOLDS = """
            SELECT count(*) > 0
            FROM pg_locks AS l
            WHERE l.pid = ?
              AND l.granted
              AND l.relation = 'usage.usage_reservations'::regclass
            """;

    private final LocalSystem system;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<CompletableFuture<String>> ends = new ArrayList<>();
    private final List<Session> sessions = new ArrayList<>();

    private record Session(Connection connection, boolean replica, int pid) {}

    /** What a session does. */
    @FunctionalInterface
    private interface Work {
        void with(Statement statement) throws SQLException;
    }

    HostileSessions(LocalSystem system) {
        this.system = system;
    }

    /** One long SELECT, whose lock on the table stays until its end. */
    void reader(Duration time) throws SQLException {
        ends.add(begin("reader", false, statement -> {
            statement.execute("SELECT count(*), pg_sleep(" + time.toSeconds() + ") FROM (SELECT r.id FROM " + TABLE
                    + " AS r LIMIT 1000) AS sample");
        }));
    }

    /** Holds a row and does nothing. */
    void idleInTransaction(Duration time) throws SQLException {
        ends.add(begin("idle in transaction", false, statement -> {
            Connection connection = statement.getConnection();
            connection.setAutoCommit(false);
            statement.execute("SELECT r.id FROM " + TABLE + " AS r ORDER BY r.id LIMIT 1 FOR UPDATE");
            // as long as its client takes for something else; nothing else is to be waited for
            long end = System.nanoTime() + time.toNanos();
            Awaitility.await().atMost(time.plusSeconds(10)).until(() -> System.nanoTime() > end);
            connection.rollback();
        }));
    }

    /** A vacuum that takes its time, as autovacuum does; it is ended after the longest time that it may take. */
    void vacuum(Duration most) throws SQLException {
        ends.add(begin("vacuum", false, statement -> {
            statement.execute("SET vacuum_cost_delay = '20ms'");
            statement.execute("SET vacuum_cost_limit = 60");
            statement.execute("SET statement_timeout = '" + most.toSeconds() + "s'");
            statement.execute("VACUUM (DISABLE_PAGE_SKIPPING, TRUNCATE false, INDEX_CLEANUP off) " + TABLE);
        }));
    }

    /** A report on the replica, in one transaction; nobody waits for its end, which the replica may bring about. */
    CompletableFuture<String> report(Duration time) throws SQLException {
        return begin("report on the replica", true, statement -> {
            statement.getConnection().setAutoCommit(false);
            statement.execute("SELECT r.state, count(*) FROM " + TABLE + " AS r GROUP BY r.state");
            statement.execute("SELECT pg_sleep(" + time.toSeconds() + ")");
            statement.getConnection().commit();
        });
    }

    /** Waits until all on the primary have ended, and says how. */
    List<String> await() {
        return ends.stream().map(CompletableFuture::join).toList();
    }

    private CompletableFuture<String> begin(String name, boolean replica, Work work) throws SQLException {
        Connection connection = system.connect("postgres", replica);
        int pid = Integer.parseInt(
                Slices.query(connection, "SELECT pg_backend_pid()").get(0));
        sessions.add(new Session(connection, replica, pid));
        long begin = System.nanoTime();
        CompletableFuture<String> sessionEnds = CompletableFuture.supplyAsync(
                () -> {
                    String end = "done";
                    try (Statement statement = connection.createStatement()) {
                        work.with(statement);
                    } catch (SQLException e) {
                        end = "ended by SQLSTATE " + e.getSQLState();
                    }
                    return name + " " + end + " after " + (System.nanoTime() - begin) / 1_000_000 + " ms";
                },
                threads);
        try (Connection looking = system.connect("postgres", replica)) {
            Awaitility.await(name + " holds its lock")
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(20))
                    .failFast(name + " has ended already", sessionEnds::isDone)
                    .until(() -> Slices.query(looking, HOLDS, pid).get(0).equals("true"));
        }
        return sessionEnds;
    }

    /** Ends those that are left: a server does not notice that its client has gone while it sleeps. */
    @Override
    public void close() throws SQLException {
        for (Session session : sessions) {
            try (Connection ending = system.connect("postgres", session.replica())) {
                Slices.query(ending, "SELECT pg_terminate_backend(?)", session.pid());
            }
            session.connection().abort(Runnable::run);
        }
        threads.shutdownNow();
    }
}
