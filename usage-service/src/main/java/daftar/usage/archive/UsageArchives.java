package daftar.usage.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import daftar.usage.archive.Part.State;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Table {@code usage_archives}, and which partitions it has yet to hold. What changes it runs as the owner. */
@ApplicationScoped
class UsageArchives {

    private static final String COLUMNS = """
            a.month, a.part, a.partition_name, a.state, a.attempt, a.manifest::text AS manifest,
            a.verified_manifest::text AS verified_manifest, a.failure, a.detached_at, a.changed_at
            """;

    /** Newest month first; after the cursor's month and part. */
    private static final String PAGE = "SELECT " + COLUMNS + """
            FROM usage_archives AS a
            WHERE (a.month, a.part) < ($1, $2)
            ORDER BY a.month DESC, a.part DESC
            LIMIT $3
            """;

    private static final String READABLE = "SELECT " + COLUMNS + """
            FROM usage_archives AS a
            WHERE a.verified_manifest IS NOT NULL
              AND a.month >= $1
              AND a.month <= $2
            ORDER BY a.month DESC, a.part DESC
            """;

    private static final String UNFINISHED = "SELECT " + COLUMNS + """
            FROM usage_archives AS a
            WHERE a.state <> 'dropped'
              AND ($1::date IS NULL OR a.month = $1)
            ORDER BY a.month, a.part
            """;

    /** Attached partitions of months that ended by {@code $1}, unless a part is made of them already. */
    private static final String DUE = """
            SELECT p.month, p.partition_name
            FROM (
                SELECT c.relname::text AS partition_name,
                       substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''(\\d{4}-\\d{2}-\\d{2})')::date AS month
                FROM pg_catalog.pg_inherits AS i
                JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'usage.usage_logs'::regclass
            ) AS p
            WHERE p.month + interval '1 month' <= $1::date
              AND ($2::date IS NULL OR p.month = $2)
              AND NOT EXISTS (
                  SELECT
                  FROM usage_archives AS a
                  WHERE a.partition_name = p.partition_name AND a.state <> 'dropped'
              )
            ORDER BY p.month
            """;

    private static final String SEAL = """
            INSERT INTO usage_archives AS a (month, part, partition_name, state, attempt, sealed_at, changed_at)
            SELECT $1::date, coalesce(max(b.part), 0) + 1, $2::text, 'sealed', 1, $3::timestamptz, $3
            FROM usage_archives AS b
            WHERE b.month = $1
            RETURNING
            """ + COLUMNS;

    private static final String CHANGE = """
            UPDATE usage_archives AS a
            SET state = $3,
                attempt = $4,
                manifest = $5::text::jsonb,
                verified_manifest = $6::text::jsonb,
                failure = $7,
                detached_at = $8,
                changed_at = $9
            WHERE a.month = $1
              AND a.part = $2
            RETURNING
            """ + COLUMNS;

    private static final String FAILED = """
            UPDATE usage_archives AS a
            SET failure = $3,
                changed_at = $4
            WHERE a.month = $1
              AND a.part = $2
            """;

    private final Clock clock;
    private final Period after;

    @Inject
    UsageArchives(Clock clock, @ConfigProperty(name = "daftar.usage.archive.after") Period after) {
        this.clock = clock;
        this.after = after;
    }

    /** A month that is to be archived, and has no part for its present partition yet. */
    record Due(LocalDate month, String partitionName) {}

    /** Months that ended by this day are to be archived. */
    LocalDate limit() {
        return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).minus(after);
    }

    /** The months to be archived, oldest first; null for any, else that one if it is. */
    Uni<List<Due>> due(SqlClient connection, @Nullable LocalDate month) {
        return connection
                .preparedQuery(DUE)
                .execute(Tuple.of(limit(), month))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> new Due(row.getLocalDate("month"), row.getString("partition_name")))
                        .toList());
    }

    /** Parts on their way, oldest month first; null for all months. */
    Uni<List<Part>> unfinished(SqlClient connection, @Nullable LocalDate month) {
        return connection.preparedQuery(UNFINISHED).execute(Tuple.of(month)).map(UsageArchives::parts);
    }

    /** Parts before this one, newest first. */
    Uni<List<Part>> before(SqlClient connection, LocalDate month, int part, int limit) {
        return connection
                .preparedQuery(PAGE)
                .execute(Tuple.of(month, part, limit))
                .map(UsageArchives::parts);
    }

    /** What can be read of the months between these two, both included; newest first. */
    Uni<List<Part>> readable(SqlClient connection, LocalDate firstMonth, LocalDate lastMonth) {
        return connection
                .preparedQuery(READABLE)
                .execute(Tuple.of(firstMonth, lastMonth))
                .map(UsageArchives::parts);
    }

    /** The month's next part. */
    Uni<Part> seal(SqlClient owner, Due due) {
        return owner.preparedQuery(SEAL)
                .execute(Tuple.of(due.month(), due.partitionName(), now()))
                .map(UsageArchives::one);
    }

    Uni<Part> uploaded(SqlClient owner, Part part, Manifest manifest) {
        return change(owner, part, State.UPLOADED, part.attempt(), manifest, part.verifiedManifest(), part.failure());
    }

    Uni<Part> verified(SqlClient owner, Part part) {
        return change(owner, part, State.VERIFIED, part.attempt(), part.manifest(), part.manifest(), null);
    }

    Uni<Part> detached(SqlClient owner, Part part) {
        return change(owner, part, State.DETACHED, part.attempt(), part.manifest(), part.verifiedManifest(), null);
    }

    Uni<Part> dropped(SqlClient owner, Part part) {
        return change(owner, part, State.DROPPED, part.attempt(), part.manifest(), part.verifiedManifest(), null);
    }

    /** To be exported again; what was verified before can be read until the next one is. */
    Uni<Part> again(SqlClient owner, Part part, @Nullable String failure) {
        return change(owner, part, State.SEALED, part.attempt() + 1, null, part.verifiedManifest(), failure);
    }

    /** A step failed and is tried again in the next run. */
    Uni<Void> failed(SqlClient owner, Part part, String failure) {
        return owner.preparedQuery(FAILED)
                .execute(Tuple.of(part.month(), part.number(), failure, now()))
                .replaceWithVoid();
    }

    private Uni<Part> change(
            SqlClient owner,
            Part part,
            State state,
            int attempt,
            @Nullable Manifest manifest,
            @Nullable Manifest verifiedManifest,
            @Nullable String failure) {
        OffsetDateTime detachedAt = state == State.DETACHED && part.detachedAt() == null ? now() : part.detachedAt();
        Tuple columns = Tuple.from(new Object[] {
            part.month(),
            part.number(),
            state.column(),
            attempt,
            manifest == null ? null : manifest.json(),
            verifiedManifest == null ? null : verifiedManifest.json(),
            failure,
            detachedAt,
            now()
        });
        return owner.preparedQuery(CHANGE).execute(columns).map(UsageArchives::one);
    }

    private OffsetDateTime now() {
        return OffsetDateTime.ofInstant(clock.instant(), ZoneOffset.UTC);
    }

    private static List<Part> parts(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(UsageArchives::part)
                .toList();
    }

    private static Part one(RowSet<Row> rows) {
        return part(rows.iterator().next());
    }

    private static Part part(Row row) {
        return new Part(
                row.getLocalDate("month"),
                row.getInteger("part"),
                row.getString("partition_name"),
                State.of(row.getString("state")),
                row.getInteger("attempt"),
                manifest(row.getString("manifest")),
                manifest(row.getString("verified_manifest")),
                row.getString("failure"),
                row.getOffsetDateTime("detached_at"),
                row.getOffsetDateTime("changed_at"));
    }

    private static @Nullable Manifest manifest(@Nullable String json) {
        try {
            return json == null ? null : Manifest.read(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a kept manifest is no longer understood", e);
        }
    }
}
