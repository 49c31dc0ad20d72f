package daftar.local.growth;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Rows of {@code usage_logs} as events leave them, with what they add to {@code usage_rollups}, made in the database. A tenth
 * is the measured user's, spread over the whole month; the rest is that of the others, in lessons of 50 seconds over three
 * months. The keys of events are left out: no query that is measured reads them.
 */
final class Filling {
    private static final int OTHERS = 1_000;
    private static final long CHUNK = 500_000;
    private static final Duration REPLICA_LIMIT = Duration.ofMinutes(10);

    /** A tenth of the rows: any second of April 2026. */
    private static final String MEASURED = """
            SELECT n, ?::uuid AS user_id,
                   timestamp '2026-04-01' + hash_fraction(n) * interval '30 days' AS "timestamp"
            FROM generate_series(?::bigint, ?::bigint) AS n""";

    /** Nine tenths: a hundred events in a row are one user's lesson, somewhere from March to May. */
    private static final String OF_OTHERS = """
            SELECT n, (?::uuid[])[(1 + (n / 100 * 7919) % 1000)::int] AS user_id,
                   timestamp '2026-03-01' + hash_fraction(n / 100) * interval '91 days'
                       + n % 100 * interval '0.5 s' AS "timestamp"
            FROM generate_series(?::bigint, ?::bigint) AS n""";

    private static final String INSERT = """
            WITH written AS (
                INSERT INTO usage.usage_logs (id, user_id, session_id, service_name, tokens_used, speech_seconds,
                                              "timestamp", cost_usd)
                SELECT uuidv7(), e.user_id, e.user_id, (ARRAY['chat', 'speech', 'tutor'])[(1 + mod(e.n, 3))::int], mod(e.n, 2000),
                       CASE WHEN mod(e.n, 3) = 1 THEN 5 ELSE 0 END, e."timestamp", 0.0001
                FROM (%s) AS e
                RETURNING user_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd
            )
            INSERT INTO usage.usage_rollups AS r (user_id, bucket_minutes, bucket_start, service_name, events,
                                                  tokens_used, speech_seconds, cost_usd)
            SELECT w.user_id, m, date_bin(m * interval '1 minute', w."timestamp", timestamp '2000-01-01'),
                   w.service_name, count(*), sum(w.tokens_used), sum(w.speech_seconds), sum(w.cost_usd)
            FROM written AS w, unnest('{1,60,1440}'::smallint[]) AS m
            GROUP BY 1, 2, 3, 4
            ON CONFLICT (user_id, bucket_minutes, bucket_start, service_name) DO UPDATE
            SET (events, tokens_used, speech_seconds, cost_usd) =
                (r.events + excluded.events, r.tokens_used + excluded.tokens_used,
                 r.speech_seconds + excluded.speech_seconds, r.cost_usd + excluded.cost_usd)""";

    private final Connection database;
    private final UUID measured = UUID.randomUUID();
    private final List<UUID> others =
            Stream.generate(UUID::randomUUID).limit(OTHERS).toList();
    private long filled;

    /**
     * Makes the users and the partitions.
     *
     * @param database a superuser's connection to the primary
     */
    Filling(Connection database) throws SQLException {
        this.database = database;
        try (PreparedStatement users = database.prepareStatement("""
                INSERT INTO identity.users (id, email)
                SELECT id, id || '@benchmark.invalid' FROM unnest(?::uuid[]) AS u (id)""")) {
            users.setArray(
                    1,
                    database.createArrayOf(
                            "uuid",
                            Stream.concat(Stream.of(measured), others.stream()).toArray()));
            users.execute();
        }
        try (Statement statement = database.createStatement()) {
            statement.execute("""
                    SELECT usage.ensure_usage_logs_partition(m::date)
                    FROM generate_series(timestamp '2026-03-01', '2026-05-01', interval '1 month') AS m""");
            statement.execute("""
                    CREATE FUNCTION pg_temp.hash_fraction(n bigint) RETURNS float8
                    LANGUAGE sql IMMUTABLE PARALLEL SAFE
                    RETURN (hashint8extended(n, 0) & 2147483647) / 2147483648.0::float8""");
            // the users are there: no row's foreign key need be looked at, and nobody waits for the disk
            statement.execute("SET session_replication_role = replica");
            statement.execute("SET synchronous_commit = off");
            statement.execute("SET search_path = pg_temp, usage, pg_catalog");
        }
    }

    /** The user whose month is asked for. */
    UUID measured() {
        return measured;
    }

    /** Adds rows until there are so many. */
    void upTo(long rows) throws SQLException {
        while (filled < rows) {
            long chunk = Math.min(CHUNK, rows - filled);
            long own = chunk / 10;
            insert(MEASURED, measured, filled, own);
            insert(OF_OTHERS, database.createArrayOf("uuid", others.toArray()), filled + own, chunk - own);
            filled += chunk;
            replicaHasAll();
        }
        try (Statement statement = database.createStatement()) {
            statement.execute("VACUUM (ANALYZE) usage.usage_logs, usage.usage_rollups");
            statement.execute("CHECKPOINT");
        }
        replicaHasAll();
    }

    private void insert(String events, Object whose, long after, long count) throws SQLException {
        try (PreparedStatement statement =
                database.prepareStatement(INSERT.formatted(events.replace("hash_fraction", "pg_temp.hash_fraction")))) {
            statement.setObject(1, whose);
            statement.setLong(2, after + 1);
            statement.setLong(3, after + count);
            statement.execute();
        }
    }

    /** So that no more is under way to it than its slot may keep. */
    private void replicaHasAll() throws SQLException {
        long end = System.nanoTime() + REPLICA_LIMIT.toNanos();
        try (PreparedStatement behind = database.prepareStatement("""
                SELECT coalesce(max(pg_current_wal_lsn() - replay_lsn), 0) FROM pg_stat_replication""")) {
            long bytes;
            do {
                try (ResultSet row = behind.executeQuery()) {
                    row.next();
                    bytes = row.getLong(1);
                }
                java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                if (System.nanoTime() > end) {
                    throw new IllegalStateException("the replica is " + bytes + " bytes behind");
                }
            } while (bytes > 1_000_000);
        }
    }
}
