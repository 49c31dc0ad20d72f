package daftar.usage.archive;

import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;

/**
 * The rows of one table that is or was a partition, page by page by its primary key, each with its user's key of the
 * archive. Waits for the database: never on an event loop.
 */
final class PartitionRows {

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int PAGE = 2000;
    private static final int KEYS_AT_HAND = 10_000;

    /** {@code %s} is the table, a name that this service made. */
    private static final String ROWS = """
            SELECT l.id,
                   coalesce(l.user_id, '00000000-0000-0000-0000-000000000000') AS user_id,
                   l.session_id,
                   l.service_name,
                   l.tokens_used,
                   l.speech_seconds,
                   l."timestamp",
                   l.cost_usd::text AS cost_usd,
                   l.model,
                   l.input_tokens,
                   l.output_tokens,
                   l.metadata::text AS metadata,
                   k.key_id,
                   k.wrapped_key
            FROM usage.%s AS l
            LEFT JOIN usage_archive_keys AS k
                ON k.user_id = coalesce(l.user_id, '00000000-0000-0000-0000-000000000000')
            WHERE (l.id, l."timestamp") > ($1, $2)
            ORDER BY l.id, l."timestamp"
            LIMIT $3
            """;

    /** What is done with each row, whose key was there or has been made. */
    interface Reader {
        void row(DataKey key, ArchivedRow row) throws IOException, SQLException;
    }

    private final SqlConnection owner;
    private final ArchiveKeys keys;
    private final String sql;

    PartitionRows(SqlConnection owner, ArchiveKeys keys, String partitionName) {
        this.owner = owner;
        this.keys = keys;
        this.sql = ROWS.formatted(partitionName);
    }

    /** Reads all rows; users who have no key are given one. */
    void read(Reader reader) throws IOException, SQLException {
        Map<UUID, DataKey> atHand = new HashMap<>();
        Position position = Position.FIRST;
        for (List<Row> page = page(position); !page.isEmpty(); page = page(position)) {
            List<UUID> withoutKey = page.stream()
                    .filter(row -> row.getUUID("key_id") == null)
                    .map(row -> row.getUUID("user_id"))
                    .distinct()
                    .toList();
            if (!withoutKey.isEmpty()) {
                // and the same page again: who was erased in this moment is not in it any more
                keys.add(owner, withoutKey).await().atMost(LIMIT);
                continue;
            }
            for (Row row : page) {
                if (atHand.size() >= KEYS_AT_HAND) {
                    atHand.clear();
                }
                reader.row(
                        atHand.computeIfAbsent(
                                row.getUUID("key_id"), id -> keys.found(row).key()),
                        archived(row));
            }
            position = Position.of(page);
        }
    }

    /** Adds all rows up, and makes no key. */
    Totals totals() {
        Totals.Adding adding = new Totals.Adding();
        Position position = Position.FIRST;
        for (List<Row> page = page(position); !page.isEmpty(); page = page(position)) {
            page.forEach(row -> adding.add(row.getUUID("key_id"), archived(row)));
            position = Position.of(page);
        }
        return adding.totals();
    }

    private List<Row> page(Position position) {
        return owner.preparedQuery(sql)
                .execute(Tuple.of(position.id, position.timestamp, PAGE))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false).toList())
                .await()
                .atMost(LIMIT);
    }

    private static ArchivedRow archived(Row row) {
        String cost = row.getString("cost_usd");
        return new ArchivedRow(
                row.getUUID("id"),
                row.getUUID("session_id"),
                row.getString("service_name"),
                row.getInteger("tokens_used"),
                row.getInteger("speech_seconds"),
                row.getLocalDateTime("timestamp"),
                cost == null ? null : new BigDecimal(cost),
                row.getString("model"),
                row.getInteger("input_tokens"),
                row.getInteger("output_tokens"),
                row.getString("metadata"));
    }

    /** The last row that was read. */
    private record Position(UUID id, LocalDateTime timestamp) {

        static final Position FIRST = new Position(new UUID(0, 0), LocalDateTime.of(1970, 1, 1, 0, 0));

        static Position of(List<Row> page) {
            Row last = page.get(page.size() - 1);
            return new Position(last.getUUID("id"), last.getLocalDateTime("timestamp"));
        }
    }
}
