package daftar.local.backup;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Row counts and sums of the tables that only grow, by slice. Taken every hour and kept in the database itself, they bracket
 * what a restore to a moment between two of them must hold.
 */
final class Census {
    private final Map<String, List<String>> tables = new TreeMap<>();

    /**
     * One table at one time.
     *
     * @param table with its schema
     * @param totals {@code rows}, and the sum of each column
     * @param deletedRows how many rows were ever deleted, by the server's own count: where it differs, nothing is compared
     */
    record Entry(String table, Map<String, BigDecimal> totals, long deletedRows) {}

    /** The tables of {@code census.properties}. */
    Census() {
        Properties lines = new Properties();
        try (Reader reader = new InputStreamReader(
                Census.class.getResourceAsStream("/daftar/local/census.properties"), StandardCharsets.UTF_8)) {
            lines.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lines.forEach((table, columns) -> tables.put(
                (String) table,
                List.of(((String) columns).split(",")).stream()
                        .map(String::strip)
                        .filter(column -> !column.isEmpty())
                        .toList()));
    }

    /** Counts now, in one snapshot for all tables. */
    List<Entry> count(Connection connection) throws SQLException {
        return inOneSnapshot(connection, this::countAll);
    }

    /** Counts and keeps the result under the time of its snapshot; older ones than a drill asks for are deleted. */
    void take(Connection connection) throws SQLException {
        inOneSnapshot(connection, snapshot -> {
            List<Entry> entries = countAll(snapshot);
            keep(snapshot, entries);
            return entries;
        });
    }

    private List<Entry> countAll(Connection connection) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            for (Map.Entry<String, List<String>> table : tables.entrySet()) {
                if (exists(connection, table.getKey())) {
                    entries.add(count(statement, table.getKey(), table.getValue()));
                }
            }
        }
        return entries;
    }

    private static void keep(Connection connection, List<Entry> entries) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                WITH old AS (DELETE FROM backup.censuses WHERE taken_at < now() - interval '3 days')
                INSERT INTO backup.censuses (taken_at, table_name, totals, deleted_rows)
                SELECT now(), table_name, totals::jsonb, deleted_rows
                FROM unnest(?::text[], ?::text[], ?::bigint[]) AS entry(table_name, totals, deleted_rows)""")) {
            insert.setArray(1, array(connection, "text", entries, Entry::table));
            insert.setArray(2, array(connection, "text", entries, Census::json));
            insert.setArray(3, array(connection, "bigint", entries, Entry::deletedRows));
            insert.execute();
        }
    }

    private static Array array(Connection connection, String type, List<Entry> entries, Function<Entry, Object> value)
            throws SQLException {
        return connection.createArrayOf(type, entries.stream().map(value).toArray());
    }

    /** What is done with one snapshot. */
    private interface Counting {
        List<Entry> in(Connection snapshot) throws SQLException;
    }

    private static List<Entry> inOneSnapshot(Connection connection, Counting counting) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            List<Entry> entries = counting.in(connection);
            connection.commit();
            return entries;
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** The last one that was taken before the moment, as this database has it; empty when there is none. */
    static List<Entry> lastBefore(Connection connection, Instant moment) throws SQLException {
        return read(connection, moment, "(SELECT max(taken_at) FROM backup.censuses WHERE taken_at <= ?)");
    }

    /** The first one that was taken after the moment; empty when there is none. */
    static List<Entry> firstAfter(Connection connection, Instant moment) throws SQLException {
        return read(connection, moment, "(SELECT min(taken_at) FROM backup.censuses WHERE taken_at > ?)");
    }

    private static List<Entry> read(Connection connection, Instant moment, String time) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT table_name, deleted_rows, key, value::numeric
                FROM backup.censuses, jsonb_each_text(totals)
                WHERE taken_at =\s""" + time + " ORDER BY table_name, key")) {
            statement.setTimestamp(1, Timestamp.from(moment));
            Map<String, Entry> entries = new TreeMap<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    long deleted = result.getLong(2);
                    entries.computeIfAbsent(result.getString(1), table -> new Entry(table, new TreeMap<>(), deleted))
                            .totals()
                            .put(result.getString(3), result.getBigDecimal(4));
                }
            }
            return List.copyOf(entries.values());
        }
    }

    private static Entry count(Statement statement, String table, List<String> columns) throws SQLException {
        String sums = columns.stream()
                .map(column -> ", coalesce(sum(" + column + "), 0)")
                .collect(Collectors.joining());
        // deletions in a table's partitions are the table's, and so is a partition that has come or gone: the sum of
        // their
        // object ids tells that the set is another one
        String sql = """
                SELECT count(*)%1$s,
                       (SELECT coalesce(sum(n_tup_del), 0)::bigint
                        FROM pg_stat_all_tables
                        WHERE relid IN (SELECT relid FROM pg_partition_tree('%2$s') UNION SELECT '%2$s'::regclass))
                       + (SELECT coalesce(sum(relid::oid::bigint), 0)::bigint FROM pg_partition_tree('%2$s') WHERE level > 0)
                FROM %2$s""".formatted(sums, table);
        try (ResultSet result = statement.executeQuery(sql)) {
            result.next();
            Map<String, BigDecimal> totals = new TreeMap<>(Map.of("rows", result.getBigDecimal(1)));
            for (int i = 0; i < columns.size(); i++) {
                totals.put(columns.get(i), result.getBigDecimal(i + 2));
            }
            return new Entry(table, totals, result.getLong(columns.size() + 2));
        }
    }

    private static boolean exists(Connection connection, String table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            statement.setString(1, table);
            try (ResultSet result = statement.executeQuery()) {
                return result.next() && result.getBoolean(1);
            }
        }
    }

    private static String json(Entry entry) {
        return entry.totals().entrySet().stream()
                .map(each -> "\"" + each.getKey() + "\":" + each.getValue().toPlainString())
                .collect(Collectors.joining(",", "{", "}"));
    }
}
