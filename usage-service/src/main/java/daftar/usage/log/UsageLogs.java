package daftar.usage.log;

import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** Questions to {@code usage_logs}. */
@ApplicationScoped
class UsageLogs {

    /**
     * {@code date_trunc} with a zone follows the zone's calendar; hours keep their offset, so that the
     * hour that comes twice stays two.
     */
    private static final String SUMS = """
            SELECT date_trunc($4, l."timestamp" AT TIME ZONE 'UTC', $5) AS bucket_start,
                   l.service_name,
                   count(*) AS events,
                   coalesce(sum(l.tokens_used), 0)::bigint AS tokens_used,
                   coalesce(sum(l.speech_seconds), 0)::bigint AS speech_seconds,
                   coalesce(sum(l.cost_usd), 0)::numeric(20, 6)::text AS cost_usd
            FROM usage_logs AS l
            WHERE l.user_id = $1
              AND l."timestamp" >= $2
              AND l."timestamp" < $3
              AND ($6::text IS NULL OR l.service_name = $6)
            GROUP BY 1, l.service_name
            ORDER BY 1, l.service_name
            """;

    /** The row comparison is what an index can seek to; the first page starts at the range's end. */
    private static final String ROWS = """
            SELECT l.id,
                   l.session_id,
                   l.service_name,
                   coalesce(l.tokens_used, 0) AS tokens_used,
                   coalesce(l.speech_seconds, 0) AS speech_seconds,
                   l."timestamp",
                   coalesce(l.cost_usd, 0)::numeric(10, 6)::text AS cost_usd,
                   l.metadata::text AS metadata
            FROM usage_logs AS l
            WHERE l.user_id = $1
              AND l."timestamp" >= $2
              AND l."timestamp" < $3
              AND (l."timestamp", l.id) < ($4, $5)
            ORDER BY l."timestamp" DESC, l.id DESC
            LIMIT $6
            """;

    private static final UUID FIRST_ID = new UUID(0, 0);

    private final Reads reads;

    @Inject
    UsageLogs(Reads reads) {
        this.reads = reads;
    }

    /**
     * Adds up by bucket and service.
     *
     * @param serviceName only this service; null for all
     */
    Uni<List<Usage.Sum>> sums(UUID userId, TimeRange range, Bucket bucket, ZoneId zone, @Nullable String serviceName) {
        Tuple parameters = Tuple.from(
                new Object[] {userId, range.fromUtc(), range.toUtc(), bucket.wireName(), zone.getId(), serviceName});
        return reads.read(connection -> connection.preparedQuery(SUMS).execute(parameters))
                .map(rows -> list(rows, UsageLogs::sum));
    }

    /** The single rows, newest first. */
    Uni<Page<UsageLog>> page(UUID userId, TimeRange range, @Nullable Cursor after, int limit) {
        LocalDateTime time =
                after == null ? range.toUtc() : LocalDateTime.ofInstant(within(range, after.time()), ZoneOffset.UTC);
        UUID id = after == null ? FIRST_ID : after.id();
        Tuple parameters = Tuple.from(new Object[] {userId, range.fromUtc(), range.toUtc(), time, id, limit + 1});
        return reads.read(connection -> connection.preparedQuery(ROWS).execute(parameters))
                .map(rows -> Page.of(list(rows, UsageLogs::row), limit, UsageLog::cursor));
    }

    /** A cursor can be made up: PostgreSQL's times end long before Java's do. */
    private static Instant within(TimeRange range, Instant time) {
        if (time.isBefore(range.from())) {
            return range.from();
        }
        return time.isAfter(range.to()) ? range.to() : time;
    }

    private static <T> List<T> list(RowSet<Row> rows, Function<Row, T> read) {
        return StreamSupport.stream(rows.spliterator(), false).map(read).toList();
    }

    private static Usage.Sum sum(Row row) {
        return new Usage.Sum(
                row.get(OffsetDateTime.class, "bucket_start").toInstant(),
                row.getString("service_name"),
                row.getLong("events"),
                row.getLong("tokens_used"),
                row.getLong("speech_seconds"),
                new BigDecimal(row.getString("cost_usd")));
    }

    private static UsageLog row(Row row) {
        return new UsageLog(
                row.getUUID("id"),
                row.getUUID("session_id"),
                row.getString("service_name"),
                row.getInteger("tokens_used"),
                row.getInteger("speech_seconds"),
                row.getLocalDateTime("timestamp").toInstant(ZoneOffset.UTC),
                new BigDecimal(row.getString("cost_usd")),
                row.getString("metadata"));
    }
}
