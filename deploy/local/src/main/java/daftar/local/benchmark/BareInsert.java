package daftar.local.benchmark;

import daftar.local.benchmark.Workload.Event;
import daftar.local.stack.DataFolder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * What PostgreSQL itself can take: the same rows into tables like {@code usage_logs}, by one {@code INSERT} a batch from
 * arrays, and nothing else.
 */
final class BareInsert {
    private static final String INSERT = """
            INSERT INTO %s (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd)
            SELECT *
            FROM unnest(?::uuid[], ?::uuid[], ?::uuid[], ?::text[], ?::int[], ?::int[], ?::timestamp[], ?::numeric[])""";

    private static final String INSERT_WITH_KEY = """
            WITH fresh AS (
                INSERT INTO benchmark.keys (id)
                SELECT e.id FROM unnest(?::uuid[]) AS e (id) ORDER BY e.id
                ON CONFLICT (id) DO NOTHING
                RETURNING id
            )
            INSERT INTO benchmark.usage_logs (id, user_id, session_id, service_name, tokens_used, speech_seconds,
                                              "timestamp", cost_usd)
            SELECT *
            FROM unnest(?::uuid[], ?::uuid[], ?::uuid[], ?::text[], ?::int[], ?::int[], ?::timestamp[], ?::numeric[])
                AS e (id)
            WHERE (e.id IN (SELECT f.id FROM fresh AS f)) IS TRUE""";

    /** What is written. */
    enum Kind {
        /** Rows into a table without the foreign key. */
        WITHOUT_FOREIGN_KEY,
        /** Rows into a table identical to {@code usage_logs}. */
        IDENTICAL,
        /** The same, and before it the key that makes an event count once. */
        WITH_KEY
    }

    private final DataFolder folder;
    private final Callable<Connection> connections;

    BareInsert(DataFolder folder, Callable<Connection> connections) {
        this.folder = folder;
        this.connections = connections;
    }

    /** Tables beside the service's own: the same columns, partitions, indexes, key and foreign key. */
    void prepare() throws Exception {
        try (Connection connection = connections.call();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA IF EXISTS benchmark CASCADE");
            statement.execute("CREATE SCHEMA benchmark");
            for (String table : List.of("usage_logs", "unreferenced")) {
                statement.execute("CREATE TABLE benchmark." + table
                        + " (LIKE usage.usage_logs INCLUDING ALL) PARTITION BY RANGE (\"timestamp\")");
                statement.execute("CREATE TABLE benchmark." + table + "_now PARTITION OF benchmark." + table
                        + " FOR VALUES FROM ('2000-01-01') TO ('2200-01-01')");
            }
            statement.execute("ALTER TABLE benchmark.usage_logs ADD FOREIGN KEY (user_id) REFERENCES identity.users");
            statement.execute("CREATE TABLE benchmark.keys (LIKE usage.usage_event_keys INCLUDING ALL)");
        }
    }

    /**
     * Writes all events. What the client needs to make its parameters is not counted.
     *
     * @param writers connections that write at the same time
     */
    Measure write(Kind kind, List<Event> events, int batch, int writers) throws Exception {
        List<Connection> open = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                Connection connection = connections.call();
                open.add(connection);
                PreparedStatement statement = connection.prepareStatement(sql(kind));
                List<Object[]> batches = parameters(connection, kind, events, batch, writer, writers);
                work.add(() -> execute(statement, batches));
            }
            Stopwatch watch = Stopwatch.start(folder);
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
            return watch.stop(events.size()); // before the connections' processes are gone
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdown();
            for (Connection connection : open) {
                connection.close();
            }
        }
    }

    private static String sql(Kind kind) {
        return switch (kind) {
            case WITHOUT_FOREIGN_KEY -> INSERT.formatted("benchmark.unreferenced");
            case IDENTICAL -> INSERT.formatted("benchmark.usage_logs");
            case WITH_KEY -> INSERT_WITH_KEY;
        };
    }

    private static List<Object[]> parameters(
            Connection connection, Kind kind, List<Event> events, int batch, int writer, int writers)
            throws SQLException {
        List<Object[]> batches = new ArrayList<>();
        for (int from = writer * batch; from < events.size(); from += batch * writers) {
            List<Event> part = events.subList(from, Math.min(from + batch, events.size()));
            List<Object> arrays = new ArrayList<>();
            if (kind == Kind.WITH_KEY) {
                arrays.add(array(connection, "uuid", part, Event::id));
            }
            arrays.add(array(connection, "uuid", part, Event::id));
            arrays.add(array(connection, "uuid", part, Event::userId));
            arrays.add(array(connection, "uuid", part, Event::sessionId));
            arrays.add(array(connection, "text", part, Event::serviceName));
            arrays.add(part.stream().mapToInt(Event::tokensUsed).toArray());
            arrays.add(part.stream().mapToInt(Event::speechSeconds).toArray());
            arrays.add(array(
                    connection, "timestamp", part, event -> event.timestamp().toString()));
            arrays.add(array(connection, "numeric", part, Event::costUsd));
            batches.add(arrays.toArray());
        }
        return batches;
    }

    private static Object array(Connection connection, String type, List<Event> events, Function<Event, Object> value)
            throws SQLException {
        return connection.createArrayOf(type, events.stream().map(value).toArray());
    }

    private static Void execute(PreparedStatement statement, List<Object[]> batches) throws SQLException {
        for (Object[] arrays : batches) {
            for (int i = 0; i < arrays.length; i++) {
                statement.setObject(i + 1, arrays[i]);
            }
            statement.execute();
        }
        return null;
    }
}
