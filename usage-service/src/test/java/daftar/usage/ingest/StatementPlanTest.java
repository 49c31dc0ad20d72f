package daftar.usage.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A statement that counts may be planned while its tables are empty, and that plan be kept. */
@QuarkusTest
@WithTestResource(TestStack.class)
class StatementPlanTest {

    /**
     * A look at the keys in the statement itself, row by row, was a scan of all of them each time where the plan had been
     * made while there were none.
     */
    @Test
    void noPlanOfAStatementReadsTheKeysOfWhatHasCounted() throws SQLException {
        for (String written : List.of(AllNew.STATEMENT, UsageInsert.SOME_NEW, UsageInsert.SOME_NEW_WITH_DRIFTS)) {
            List<String> plan = plan(written);
            assertTrue(plan.stream().anyMatch(line -> line.contains("Insert on usage_event_keys")), plan::toString);
            assertFalse(
                    plan.stream().anyMatch(line -> line.matches(".*(Scan|scan).* usage_event_keys.*")), plan::toString);
        }
    }

    /** A function in FROM would fill a table with each array before the first row is written. */
    @Test
    void aBatchInWhichAllIsNewIsReadFromItsArraysAsItIsWritten() throws SQLException {
        List<String> plan = plan(AllNew.STATEMENT);
        assertFalse(plan.stream().anyMatch(line -> line.contains("Function Scan")), plan::toString);
        assertEquals(3, lines(plan, "ProjectSet"), () -> "keys, rows and sums: " + plan);
        assertEquals(1, lines(plan, "CTE Scan on turn"), () -> "keys wait for the turn: " + plan);
        assertEquals(2, lines(plan, "CTE Scan on keyed"), () -> "rows and sums wait for the keys: " + plan);
    }

    private static long lines(List<String> plan, String with) {
        return plan.stream().filter(line -> line.contains(with)).count();
    }

    private static List<String> plan(String written) throws SQLException {
        try (Connection connection = Stack.current().connect("usage_owner");
                Statement statement = connection.createStatement()) {
            statement.execute("PREPARE written AS " + written);
            List<String> plan = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("EXPLAIN EXECUTE written(" + nulls(written) + ")")) {
                while (rows.next()) {
                    plan.add(rows.getString(1));
                }
            }
            return plan;
        }
    }

    /** As many as it takes parameters. */
    private static String nulls(String statement) {
        int last = Pattern.compile("\\$(\\d+)")
                .matcher(statement)
                .results()
                .mapToInt(parameter -> Integer.parseInt(parameter.group(1)))
                .max()
                .orElseThrow();
        return String.join(", ", Collections.nCopies(last, "NULL"));
    }
}
