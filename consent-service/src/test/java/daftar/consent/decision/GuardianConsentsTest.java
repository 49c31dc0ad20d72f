package daftar.consent.decision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The table itself refuses to be changed. */
@QuarkusTest
@WithTestResource(TestStack.class)
class GuardianConsentsTest {

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final Stack stack = Stack.current();
    private final UUID user = stack.newUser();

    @BeforeEach
    void aDecision() {
        Consents.record(user, "tutoring", true);
    }

    @Test
    void neitherTheServiceNorTheOwnerChangesADecision() {
        for (String role : List.of("consent_app", "consent_owner")) {
            for (String change : List.of(
                    "UPDATE guardian_consents SET consent_given = false WHERE user_id = '" + user + "'",
                    "DELETE FROM guardian_consents WHERE user_id = '" + user + "'",
                    "TRUNCATE guardian_consents")) {
                assertRefused(role, change);
            }
        }
        assertEquals(1, consents(user));
    }

    @Test
    void anErasureThatNamesTheChildDeletesItsRowsAlone() throws SQLException {
        UUID other = stack.newUser();
        Consents.record(other, "tutoring", true);
        String erasing = "SET consent.erasing_user_id = '" + user + "'";

        assertRefused("consent_owner", erasing, "DELETE FROM guardian_consents WHERE user_id = '" + other + "'");
        assertRefused("consent_owner", erasing, "TRUNCATE guardian_consents");
        assertRefused("consent_app", erasing, "DELETE FROM guardian_consents WHERE user_id = '" + user + "'");
        assertEquals(1, consents(user));

        run("consent_owner", erasing, "DELETE FROM guardian_consents WHERE user_id = '" + user + "'");
        assertEquals(0, consents(user));
        assertEquals(1, consents(other));
    }

    @Test
    void theServiceDoesNotTouchTheHistoryOfMigrations() {
        assertRefused("consent_app", "DELETE FROM flyway_schema_history");
        assertRefused("consent_app", "UPDATE flyway_schema_history SET success = false");
    }

    private void assertRefused(String role, String... statements) {
        SQLException refused = assertThrows(SQLException.class, () -> run(role, statements));
        assertEquals(INSUFFICIENT_PRIVILEGE, refused.getSQLState(), refused.getMessage());
    }

    private void run(String role, String... statements) throws SQLException {
        try (Connection connection = stack.connect(role);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private long consents(UUID child) {
        return stack.number(
                "consent_owner", "SELECT count(*) FROM guardian_consents WHERE user_id = ? AND consent_given", child);
    }
}
