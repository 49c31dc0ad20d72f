package daftar.acceptance;

import daftar.migrate.Backfill;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;

/**
 * The back-fill of the release after this one, see {@link NextRelease}: {@code usage_reservations.token_count} of rows that
 * were there before the column. Public for {@link java.util.ServiceLoader}, which finds it in the package.
 */
public final class ReservationTokenCounts implements Backfill {

    private static final UUID BEFORE_ALL = new UUID(0, 0);

    private static final String NEXT = """
            WITH batch AS MATERIALIZED (
                SELECT r.id
                FROM usage_reservations AS r
                WHERE r.id > ?
                ORDER BY r.id
                LIMIT ?
            ),
            filled AS (
                UPDATE usage_reservations AS r
                SET token_count = r.tokens
                FROM batch AS b
                WHERE r.id = b.id
                  AND r.token_count IS NULL
            )
            SELECT b.id, count(*) OVER () AS rows
            FROM batch AS b
            ORDER BY b.id DESC
            LIMIT 1
            """;

    @Override
    public String name() {
        return "usage_reservations_token_count";
    }

    @Override
    public String after() {
        return "1001";
    }

    @Override
    public Optional<Batch> next(Connection connection, Optional<String> after, int rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NEXT)) {
            statement.setObject(1, after.map(UUID::fromString).orElse(BEFORE_ALL));
            statement.setInt(2, rows);
            try (ResultSet last = statement.executeQuery()) {
                return last.next()
                        ? Optional.of(new Batch(last.getString("id"), last.getLong("rows")))
                        : Optional.empty();
            }
        }
    }
}
