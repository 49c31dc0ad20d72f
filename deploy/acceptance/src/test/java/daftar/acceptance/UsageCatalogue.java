package daftar.acceptance;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The slice {@code usage} as the database's catalogue has it, in texts that can be compared. */
final class UsageCatalogue {

    /** A partition is made when its month comes, so it is no part of what scripts make. */
    private static final String TABLES = """
            FROM pg_class AS c
            WHERE c.relnamespace = 'usage'::regnamespace
              AND c.relkind IN ('r', 'p', 'v')
              AND NOT c.relispartition
            """;

    private static final String COLUMNS = """
            SELECT 'column ' || t.relname || '.' || a.attname,
                   format_type(a.atttypid, a.atttypmod),
                   a.attnotnull,
                   pg_get_expr(d.adbin, d.adrelid),
                   col_description(t.oid, a.attnum)
            FROM (SELECT c.oid, c.relname %s) AS t
            JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
            """.formatted(TABLES);

    private static final String INDEXES = """
            SELECT 'index', pg_get_indexdef(x.indexrelid), x.indisvalid
            FROM (SELECT c.oid %s) AS t
            JOIN pg_index AS x ON x.indrelid = t.oid
            """.formatted(TABLES);

    private static final String CONSTRAINTS = """
            SELECT 'constraint ' || t.relname || '.' || k.conname, pg_get_constraintdef(k.oid), k.convalidated
            FROM (SELECT c.oid, c.relname %s) AS t
            JOIN pg_constraint AS k ON k.conrelid = t.oid
            """.formatted(TABLES);

    private static final String TRIGGERS = """
            SELECT 'trigger', pg_get_triggerdef(g.oid)
            FROM (SELECT c.oid %s) AS t
            JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
            """.formatted(TABLES);

    private static final String FUNCTIONS = """
            SELECT 'function ' || p.proname, p.prosrc
            FROM pg_proc AS p
            WHERE p.pronamespace = 'usage'::regnamespace
            """;

    private static final String SCRIPTS = """
            SELECT 'script', h.version, h.success
            FROM usage.flyway_schema_history AS h
            WHERE h.version IS NOT NULL
            """;

    private UsageCatalogue() {}

    /** All of it, sorted. */
    static List<String> read(Connection connection) throws SQLException {
        List<String> lines = new ArrayList<>();
        for (String sql : List.of(COLUMNS, INDEXES, CONSTRAINTS, TRIGGERS, FUNCTIONS, SCRIPTS)) {
            lines.addAll(Slices.query(connection, sql));
        }
        return lines.stream().sorted().toList();
    }

    /** What a migration that is done must not leave: invalid indexes, constraints that were never checked. */
    static List<String> unfinished(Connection connection) throws SQLException {
        return Slices.query(connection, """
                SELECT 'index ' || x.indexrelid::regclass || ' is invalid'
                FROM pg_index AS x
                JOIN pg_class AS c ON c.oid = x.indexrelid
                WHERE c.relnamespace = 'usage'::regnamespace
                  AND NOT x.indisvalid
                UNION ALL
                SELECT 'constraint ' || k.conname || ' is not validated'
                FROM pg_constraint AS k
                WHERE k.connamespace = 'usage'::regnamespace
                  AND NOT k.convalidated
                """);
    }
}
