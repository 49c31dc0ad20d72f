package daftar.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run left that was broken off: sessions that still work for it, and indexes that were being built concurrently.
 * Asked for only while this run holds the slice's lock, so no living migrator's work is mistaken for a dead one's.
 */
final class Leftovers {
    private static final Duration END_OF_SESSION = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Slice slice;
    private final Settings settings;
    private final Report report;
    private final Connection connection;

    Leftovers(Slice slice, Settings settings, Report report, Connection connection) {
        this.slice = slice;
        this.settings = settings;
        this.report = report;
        this.connection = connection;
    }

    /** A server goes on with a statement whose client was killed: ends those, and waits for their end. */
    void endSessions() throws SQLException {
        String orphans = """
                FROM pg_stat_activity
                WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()
                  AND application_name = ?""";
        long end = System.nanoTime() + END_OF_SESSION.toNanos();
        while (!ask("SELECT pid::text || pg_terminate_backend(pid)::text " + orphans, Slice.APPLICATION_NAME)
                .isEmpty()) {
            if (System.nanoTime() > end) {
                throw new MigrationStopped(
                        ExitCode.BUSY,
                        "A session of a broken-off run on " + slice.name()
                                + " does not end: see it in pg_stat_activity, application " + Slice.APPLICATION_NAME
                                + ".");
            }
            settings.pause.of(POLL);
        }
    }

    /**
     * Drops what a pending script is about to make: it has not succeeded, so whatever has the index's name is half-made,
     * or whole without being known as such.
     */
    void dropIndexesOf(Script script) throws SQLException {
        for (String index : script.createdIndexes()) {
            for (String found : ask("""
                    SELECT c.relname FROM pg_class AS c
                    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i' AND c.relname = lower(?)""", index)) {
                drop(found);
            }
        }
    }

    /** Drops what an interrupted {@code REINDEX CONCURRENTLY} left, and refuses to go on with another invalid index. */
    void dropInvalidIndexes(List<Script> pending) throws SQLException {
        List<String> expected = new ArrayList<>();
        pending.forEach(script -> expected.addAll(script.createdIndexes()));
        for (String index : ask("""
                SELECT c.relname FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid
                WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i' AND NOT x.indisvalid""")) {
            if (index.matches(".*_cc(new|old)\\d*")) {
                drop(index);
            } else if (!expected.contains(index)) {
                throw new MigrationStopped(
                        ExitCode.REFUSED,
                        "Index " + slice.name() + "." + index
                                + " is invalid and no pending script makes it: build it anew"
                                + " (REINDEX INDEX CONCURRENTLY) or drop it concurrently.");
            }
        }
    }

    private void drop(String index) {
        settings.concurrentLadder.climb(
                "drop of the half-made index " + index,
                lockTimeout -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute("SET lock_timeout = '" + lockTimeout.toMillis() + "ms'");
                        statement.execute(
                                "DROP INDEX CONCURRENTLY IF EXISTS " + statement.enquoteIdentifier(index, true));
                    } catch (SQLException e) {
                        throw new IllegalStateException("Cannot drop index " + index + ": " + e.getMessage(), e);
                    }
                },
                () -> {},
                settings.pause,
                settings.random,
                settings.log);
        settings.log.accept("dropped the half-made index " + index);
        report.droppedIndex(index);
    }

    private List<String> ask(String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            List<String> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    rows.add(result.getString(1));
                }
            }
            return rows;
        }
    }
}
