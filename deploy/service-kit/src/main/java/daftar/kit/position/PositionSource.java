package daftar.kit.position;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;

/** Asks the primary for its present position. */
final class PositionSource {

    /** A log file's name begins with the timeline in eight hexadecimal digits. */
    private static final String CURRENT = """
            SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline,
                   pg_current_wal_lsn() - '0/0'::pg_lsn AS lsn
            """;

    private PositionSource() {}

    /**
     * The position after everything that has been committed so far. Ask after the commit, outside its
     * transaction: a position read before it can lie inside the commit record.
     */
    static Uni<Position> current(SqlConnection connection) {
        return connection
                .preparedQuery(CURRENT)
                .execute()
                .map(rows -> positionOf(rows.iterator().next()));
    }

    private static Position positionOf(Row row) {
        return new Position(row.getInteger("timeline"), row.getBigDecimal("lsn").longValueExact());
    }
}
