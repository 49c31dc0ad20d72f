package daftar.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.postgres.ConnectionBudget;
import daftar.local.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nobody writes in another's book, nor reads in it, but for the ids of users. */
@ExtendWith(Slices.class)
class SliceAccessTest {

    private static final String PERMISSION_DENIED = "42501";

    /** Every table, column, sequence and function of other slices on which the role holds any privilege. */
    private static final String REACHED_IN_OTHER_SLICES = """
            SELECT n.nspname || '.' || c.relname || coalesce('.' || a.attname, '') AS thing
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE n.nspname = ANY (string_to_array(?, ',')) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
              AND has_column_privilege(?::name, c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES')
            UNION ALL
            SELECT n.nspname || '.' || c.relname
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY (string_to_array(?, ',')) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
              AND has_table_privilege(?::name, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            UNION ALL
            SELECT n.nspname || '.' || c.relname
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY (string_to_array(?, ','))
              AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(?::name, c.oid, 'USAGE, SELECT, UPDATE') END
            UNION ALL
            SELECT n.nspname || '.' || p.proname || '()'
            FROM pg_proc p
            JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = ANY (string_to_array(?, ','))
              AND has_schema_privilege(?::name, n.oid, 'USAGE')
              AND has_function_privilege(?::name, p.oid, 'EXECUTE')
            ORDER BY thing
            """;

    static List<String> slices() {
        return Database.SLICES;
    }

    static Stream<String> slicesButIdentity() {
        return Database.SLICES.stream().filter(slice -> !slice.equals("identity"));
    }

    @ParameterizedTest
    @MethodSource("slices")
    void anApplicationReachesNothingOfOtherSlicesButTheIdsOfUsers(String slice) throws SQLException {
        List<String> allowed = slice.equals("identity") ? List.of() : List.of("identity.users.id");
        assertEquals(allowed, reachedBy(Database.application(slice), slice));
    }

    @ParameterizedTest
    @MethodSource("slices")
    void anOwnerReachesNothingOfOtherSlicesButTheIdsOfUsers(String slice) throws SQLException {
        List<String> allowed = slice.equals("identity") ? List.of() : List.of("identity.users.id");
        assertEquals(allowed, reachedBy(Database.owner(slice), slice));
    }

    @ParameterizedTest
    @MethodSource("slicesButIdentity")
    void theServerItselfRefusesWhatTheCatalogueSaysIsRefused(String slice) throws SQLException {
        try (Connection application = Slices.connect(Database.application(slice))) {
            Slices.query(application, "SELECT id FROM identity.users LIMIT 1");
            for (String attempt : List.of(
                    "SELECT email FROM identity.users",
                    "INSERT INTO identity.users (email) VALUES ('a@b.invalid')",
                    "UPDATE identity.users SET status = 'active'",
                    "DELETE FROM identity.users",
                    "SELECT password_hash FROM identity.credentials")) {
                SQLException refusal = assertThrows(SQLException.class, () -> Slices.execute(application, attempt));
                assertEquals(PERMISSION_DENIED, refusal.getSQLState(), attempt);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("slices")
    void anApplicationChangesRowsOnlyAndNeverTheSchemaOrItsHistory(String slice) throws SQLException {
        try (Connection application = Slices.connect(Database.application(slice))) {
            for (String attempt : List.of(
                    "CREATE TABLE " + slice + ".mine (id int)",
                    "CREATE TABLE public.mine (id int)",
                    "CREATE SCHEMA mine",
                    "CREATE TEMPORARY TABLE mine (id int)",
                    "DELETE FROM " + slice + ".flyway_schema_history")) {
                SQLException refusal = assertThrows(SQLException.class, () -> Slices.execute(application, attempt));
                assertEquals(PERMISSION_DENIED, refusal.getSQLState(), attempt);
            }
        }
    }

    /** Read from the catalogue: the JDBC driver of this test would set its own time zone. */
    @ParameterizedTest
    @MethodSource("slices")
    void everySessionRunsInUtcWithItsTimeLimits(String slice) throws SQLException {
        try (Connection superuser = Slices.superuser("daftar")) {
            List<String> settings = Slices.query(
                    superuser,
                    "SELECT lower(setting) FROM pg_roles, unnest(rolconfig) AS setting WHERE rolname = ?",
                    Database.application(slice));
            for (String wanted : List.of(
                    "timezone=utc",
                    "statement_timeout=60s",
                    "lock_timeout=5s",
                    "idle_in_transaction_session_timeout=30s",
                    "search_path=" + slice)) {
                assertTrue(settings.contains(wanted), () -> wanted + " is not among " + settings);
            }
            assertEquals(
                    List.of("TimeZone=UTC"),
                    Slices.query(
                            superuser,
                            "SELECT setting FROM pg_db_role_setting, unnest(setconfig) AS setting"
                                    + " WHERE setrole = 0 AND setting ILIKE 'timezone=%'"));
        }
    }

    @Test
    void theConnectionLimitsOfAllRolesStayWithinAHundred() throws SQLException {
        try (Connection superuser = Slices.superuser("daftar")) {
            List<String> sum = Slices.query(
                    superuser,
                    "SELECT sum(rolconnlimit) + current_setting('superuser_reserved_connections')::int"
                            // the replica's stream takes none of the hundred: WAL senders have places of their own
                            + " FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND rolname <> 'replicator'");
            assertTrue(Integer.parseInt(sum.get(0)) <= 100, () -> "sum of limits: " + sum);
            assertEquals(List.of("100"), Slices.query(superuser, "SHOW max_connections"));
            assertEquals(
                    List.of(),
                    Slices.query(
                            superuser,
                            "SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND rolconnlimit < 0"));
        }
    }

    @Test
    void everyConnectionLimitIsItsLineOfTheBudgetAndTheLinesAreAHundred() throws SQLException {
        ConnectionBudget budget = ConnectionBudget.read(Installation.find());
        assertEquals(100, budget.sum());
        List<String> wanted = budget.limits().entrySet().stream()
                .filter(line -> !line.getKey().equals("superuser"))
                .map(line -> role(line.getKey()) + " | " + line.getValue())
                .sorted()
                .toList();
        try (Connection superuser = Slices.superuser("daftar")) {
            assertEquals(
                    wanted,
                    Slices.query(
                            superuser,
                            "SELECT rolname, rolconnlimit FROM pg_roles"
                                    + " WHERE rolcanlogin AND NOT rolsuper AND rolname <> 'replicator' ORDER BY 1"));
            assertEquals(
                    List.of(budget.limits().get("superuser").toString()),
                    Slices.query(superuser, "SHOW superuser_reserved_connections"));
        }
    }

    private static String role(String line) {
        return line.contains(".") ? line.replace('.', '_') : "daftar_" + line;
    }

    private static List<String> reachedBy(String role, String slice) throws SQLException {
        String others = String.join(
                ",",
                Database.SLICES.stream().filter(other -> !other.equals(slice)).toList());
        try (Connection superuser = Slices.superuser("daftar")) {
            return Slices.query(
                    superuser, REACHED_IN_OTHER_SLICES, others, role, others, role, others, role, others, role, role);
        }
    }
}
