package daftar.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The database's own guard, {@code refuse_large_rewrite} in {@code database.sql}. */
class LargeRewriteTest {
    @RegisterExtension
    final SliceDatabase database = new SliceDatabase();

    private Connection owner;

    @BeforeEach
    void aLargeTableAndASmallOne() throws SQLException {
        owner = database.session("usage_owner");
        SliceDatabase.execute(
                owner,
                "CREATE TABLE large AS SELECT n, repeat('x', 900) AS filler FROM generate_series(1, 20000) AS n");
        SliceDatabase.execute(owner, "CREATE TABLE small AS SELECT 1 AS n");
    }

    @Test
    void refusesToRewriteALargeTableEvenForItsOwner() {
        SQLException refused = assertThrows(
                SQLException.class, () -> SliceDatabase.execute(owner, "ALTER TABLE large ALTER COLUMN n TYPE bigint"));
        assertEquals("55000", refused.getSQLState());
        assertTrue(refused.getMessage().contains("usage.large"), refused::getMessage);
    }

    @Test
    void refusesAVolatileDefaultToo() {
        assertThrows(
                SQLException.class,
                () -> SliceDatabase.execute(owner, "ALTER TABLE large ADD COLUMN id uuid DEFAULT gen_random_uuid()"));
    }

    @Test
    void letsASmallTableAndAChangeWithoutARewritePass() throws SQLException {
        SliceDatabase.execute(owner, "ALTER TABLE small ALTER COLUMN n TYPE bigint");
        SliceDatabase.execute(owner, "ALTER TABLE large ADD COLUMN made_at timestamptz DEFAULT now()");
    }

    @Test
    void letsPassWhatTheSessionNames() throws SQLException {
        SliceDatabase.execute(owner, "SET daftar.rewrite_allowed = 'usage.large'");
        SliceDatabase.execute(owner, "ALTER TABLE large ALTER COLUMN n TYPE bigint");
    }
}
