package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the catalogue of the migrated slices with that of the schema document itself, whose SQL is run
 * as it stands in a database of its own. Two differences are meant and no other: each table lies in its
 * service's schema, and the key of {@code usage_logs} has its partition key in it.
 */
@ExtendWith(Slices.class)
class SchemaDocumentTest {

    private static final Map<String, String> SCHEMA_OF = Map.of(
            "users", "identity",
            "guardian_consents", "consent",
            "learning_profiles", "analytics",
            "usage_logs", "usage",
            "subscriptions", "billing");

    private static final String COLUMNS = """
            SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
            FROM pg_attribute a
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """;

    /** Primary keys, unique constraints and foreign keys, by what they mean: names and schemas left out. */
    private static final String CONSTRAINTS = """
            SELECT c.contype,
                   (SELECT string_agg(a.attname, ',' ORDER BY k.place)
                    FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
                    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
                   (SELECT relname FROM pg_class WHERE oid = c.confrelid),
                   (SELECT string_agg(a.attname, ',' ORDER BY k.place)
                    FROM unnest(c.confkey) WITH ORDINALITY AS k (attnum, place)
                    JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum),
                   c.confdeltype, c.convalidated
            FROM pg_constraint c
            WHERE c.conrelid = ?::regclass AND c.contype IN ('p', 'u', 'f')
            ORDER BY 1, 2
            """;

    private static final String INDEXES = """
            SELECT i.relname, x.indisunique, x.indisvalid,
                   (SELECT string_agg(pg_get_indexdef(x.indexrelid, k, true), ',' ORDER BY k)
                    FROM generate_series(1, x.indnkeyatts) AS k)
            FROM pg_index x
            JOIN pg_class i ON i.oid = x.indexrelid
            WHERE x.indrelid = ?::regclass AND i.relname LIKE 'idx%'
            ORDER BY 1
            """;

    @BeforeAll
    static void runTheDocumentAsItStands() throws SQLException, IOException {
        String document = Files.readString(Installation.find().root().resolve("deploy/docs/SCHEMA.md"));
        Matcher block = Pattern.compile("```sql\\n(.*?)```", Pattern.DOTALL).matcher(document);
        try (Connection superuser = Slices.superuser("postgres")) {
            Slices.execute(superuser, "CREATE DATABASE document TEMPLATE template0");
        }
        try (Connection connection = Slices.superuser("document")) {
            while (block.find()) {
                Slices.execute(connection, block.group(1));
            }
        }
    }

    @AfterAll
    static void forgetIt() throws SQLException {
        try (Connection superuser = Slices.superuser("postgres")) {
            Slices.execute(superuser, "DROP DATABASE document");
        }
    }

    static Stream<Arguments> tables() {
        return SCHEMA_OF.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void everyColumnHasItsNameTypeNullabilityAndDefault(String table, String schema) throws SQLException {
        List<String> wanted = ofDocument(COLUMNS, table).stream()
                .map(column -> partitionKeyMustNotBeNull(table, column))
                .toList();
        List<String> present = ofSlice(COLUMNS, schema, table);
        assertFalse(wanted.isEmpty());
        assertEquals(
                wanted,
                present.subList(0, Math.min(wanted.size(), present.size())),
                "the document's columns come first, additions after them");
    }

    @ParameterizedTest
    @MethodSource("tables")
    void everyKeyAndReferenceIsThere(String table, String schema) throws SQLException {
        List<String> wanted = ofDocument(CONSTRAINTS, table).stream()
                .map(constraint -> partitionKeyIsInTheKey(table, constraint))
                .toList();
        assertFalse(wanted.isEmpty());
        assertEquals(wanted, ofSlice(CONSTRAINTS, schema, table));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void everyIndexOfTheDocumentIsThereUnderItsName(String table, String schema) throws SQLException {
        List<String> present = ofSlice(INDEXES, schema, table);
        for (String wanted : ofDocument(INDEXES, table)) {
            assertTrue(present.contains(wanted), () -> wanted + " is not among " + present);
        }
    }

    @Test
    void theDocumentNamesFourIndexes() throws SQLException {
        int indexes = 0;
        for (String table : SCHEMA_OF.keySet()) {
            indexes += ofDocument(INDEXES, table).size();
        }
        assertEquals(4, indexes);
    }

    @Test
    void usageLogsIsPartitionedByTimestampWithoutADefaultPartition() throws SQLException {
        try (Connection connection = Slices.superuser("daftar")) {
            assertEquals(
                    List.of("RANGE (\"timestamp\") | 0"),
                    Slices.query(
                            connection,
                            "SELECT pg_get_partkeydef(partrelid), partdefid FROM pg_partitioned_table"
                                    + " WHERE partrelid = 'usage.usage_logs'::regclass"));
        }
    }

    private static String partitionKeyMustNotBeNull(String table, String column) {
        return table.equals("usage_logs") && column.startsWith("timestamp |")
                ? column.replace("| false |", "| true |")
                : column;
    }

    private static String partitionKeyIsInTheKey(String table, String constraint) {
        return table.equals("usage_logs") && constraint.startsWith("p |")
                ? constraint.replace("| id |", "| id,timestamp |")
                : constraint;
    }

    private static List<String> ofDocument(String query, String table) throws SQLException {
        try (Connection connection = Slices.superuser("document")) {
            return Slices.query(connection, query, "public." + table);
        }
    }

    private static List<String> ofSlice(String query, String schema, String table) throws SQLException {
        try (Connection connection = Slices.superuser("daftar")) {
            return Slices.query(connection, query, schema + "." + table);
        }
    }
}
