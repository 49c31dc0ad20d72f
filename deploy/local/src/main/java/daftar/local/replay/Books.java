package daftar.local.replay;

import daftar.local.StartFailure;
import daftar.local.postgres.Database;
import daftar.local.stack.Secrets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What usage and billing have written down, read from the primary as each slice's owner. */
final class Books {
    private final String jdbcUrl;
    private final Secrets secrets;

    Books(String jdbcUrl, Secrets secrets) {
        this.jdbcUrl = jdbcUrl;
        this.secrets = secrets;
    }

    /** Rows and tokens of {@code usage_logs} by user. */
    Map<UUID, Tally> usageLogs(List<UUID> users) {
        return tallies("usage", users, """
                SELECT user_id, count(*), coalesce(sum(tokens_used), 0)
                FROM usage.usage_logs
                WHERE user_id = ANY (?)
                GROUP BY user_id""");
    }

    /** Events and tokens of {@code usage_totals} by user. */
    Map<UUID, Tally> usageTotals(List<UUID> users) {
        return tallies("billing", users, """
                SELECT user_id, sum(events), sum(tokens_used)
                FROM billing.usage_totals
                WHERE user_id = ANY (?)
                GROUP BY user_id""");
    }

    /** How many of these events have a row in {@code usage_logs}. */
    long found(List<UUID> events) {
        return ask("usage", """
                SELECT count(DISTINCT id)
                FROM usage.usage_logs
                WHERE id = ANY (?)""", events, result -> {
            result.next();
            return result.getLong(1);
        });
    }

    private Map<UUID, Tally> tallies(String slice, List<UUID> users, String sql) {
        return ask(slice, sql, users, result -> {
            Map<UUID, Tally> tallies = new HashMap<>();
            while (result.next()) {
                tallies.put(result.getObject(1, UUID.class), new Tally(result.getLong(2), result.getLong(3)));
            }
            return tallies;
        });
    }

    private <T> T ask(String slice, String sql, List<UUID> ids, Reading<T> reading) {
        String owner = Database.owner(slice);
        try (Connection connection = DriverManager.getConnection(jdbcUrl, owner, secrets.password(owner));
                PreparedStatement statement = connection.prepareStatement(sql)) {
            Array array = connection.createArrayOf("uuid", ids.toArray());
            statement.setArray(1, array);
            try (ResultSet result = statement.executeQuery()) {
                return reading.of(result);
            }
        } catch (SQLException e) {
            throw new StartFailure("Cannot read what " + slice + " has written: " + e.getMessage() + ".", e);
        }
    }

    private interface Reading<T> {
        T of(ResultSet result) throws SQLException;
    }
}
