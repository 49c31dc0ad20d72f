package daftar.usage.log;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Two instances that meet the first event of a month at the same instant. */
@QuarkusTest
@WithTestResource(TestStack.class)
class UsageLogPartitionsTest {

    private static final String WAITING =
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = ";

    private final Stack stack = Stack.current();

    @Test
    void whoWaitedForTheOtherFindsThePartitionMade() throws Exception {
        try (Connection first = stack.connect("usage_app");
                Connection second = stack.connect("usage_app");
                Connection watching = stack.connect("usage_owner")) {
            first.setAutoCommit(false);
            long waiting = number(second, "SELECT pg_backend_pid()");
            assertTrue(ensure(first));
            CompletableFuture<Boolean> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return ensure(second);
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            });
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> number(watching, WAITING + waiting) == 1);
            first.commit();

            assertFalse(answer.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void theMonthsAheadAreCountedInTheDatabase() {
        String metrics = RestAssured.get("http://127.0.0.1:" + stack.managementPort() + "/q/metrics")
                .asString();

        assertTrue(
                metrics.lines().anyMatch(line -> line.matches("daftar_usage_partitions_ahead(\\{.*})? 3\\.0")),
                metrics);
    }

    private static boolean ensure(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT ensure_usage_logs_partition(DATE '2017-03-01')")) {
            result.next();
            return result.getBoolean(1);
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }
}
