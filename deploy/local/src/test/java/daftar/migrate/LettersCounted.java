package daftar.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/** A back-fill whose second effect on a row would be seen: it adds, where another would set. */
public final class LettersCounted implements Backfill {
    /** For the service loader. */
    public LettersCounted() {}

    @Override
    public String name() {
        return "letters_counted";
    }

    @Override
    public String after() {
        return "2";
    }

    @Override
    public Optional<Batch> next(Connection connection, Optional<String> after, int rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                WITH batch AS (
                    SELECT id FROM words WHERE id > ? ORDER BY id LIMIT ?
                ), changed AS (
                    UPDATE words AS w SET letters = w.letters + length(w.word) FROM batch WHERE w.id = batch.id
                    RETURNING w.id
                )
                SELECT max(id), count(*) FROM changed""")) {
            statement.setLong(1, after.map(Long::parseLong).orElse(0L));
            statement.setInt(2, rows);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getLong(2) == 0
                        ? Optional.empty()
                        : Optional.of(new Batch(result.getString(1), result.getLong(2)));
            }
        }
    }
}
