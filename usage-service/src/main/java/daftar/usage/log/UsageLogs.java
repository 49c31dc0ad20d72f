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
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** Questions to {@code usage_logs}. */
@ApplicationScoped
class UsageLogs {

    /** The row comparison is what an index can seek to; the first page starts at the range's end. */
    private static final String ROWS = """
            SELECT l.id,
                   l.session_id,
                   l.service_name,
                   coalesce(l.tokens_used, 0) AS tokens_used,
                   coalesce(l.speech_seconds, 0) AS speech_seconds,
                   l."timestamp",
                   coalesce(l.cost_usd, 0)::numeric(10, 6)::text AS cost_usd,
                   l.model,
                   l.input_tokens,
                   l.output_tokens,
                   l.metadata::text AS metadata,
                   c.voided,
                   c.tokens_used AS corrected_tokens_used,
                   c.speech_seconds AS corrected_speech_seconds,
                   c.cost_usd::text AS corrected_cost_usd
            FROM usage_logs AS l
            LEFT JOIN LATERAL (
                SELECT bool_or(k.kind = 'void') AS voided,
                       sum(k.tokens_used) AS tokens_used,
                       sum(k.speech_seconds) AS speech_seconds,
                       sum(k.cost_usd) AS cost_usd
                FROM usage_corrections AS k
                WHERE k.event_id = l.id
            ) AS c ON true
            WHERE l.user_id = $1
              AND l."timestamp" >= $2
              AND l."timestamp" < $3
              AND (l."timestamp", l.id) < ($4, $5)
            ORDER BY l."timestamp" DESC, l.id DESC
            LIMIT $6
            """;

    /** As above in the other direction; the range's start moves with the cursor, and leaves past partitions out. */
    private static final String ROWS_AFTER = """
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
              AND ($4::uuid IS NULL OR (l."timestamp", l.id) > ($2, $4))
            ORDER BY l."timestamp", l.id
            LIMIT $5
            """;

    private static final UUID FIRST_ID = new UUID(0, 0);

    private final Reads reads;

    @Inject
    UsageLogs(Reads reads) {
        this.reads = reads;
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

    /**
     * Rows in the order of time, the oldest first.
     *
     * @param last the row after which they begin; null for the range's first ones
     */
    Uni<List<UsageLog>> after(UUID userId, TimeRange range, @Nullable Cursor last, int limit) {
        LocalDateTime from = last == null ? range.fromUtc() : LocalDateTime.ofInstant(last.time(), ZoneOffset.UTC);
        Tuple parameters =
                Tuple.from(new Object[] {userId, from, range.toUtc(), last == null ? null : last.id(), limit});
        return reads.read(connection -> connection.preparedQuery(ROWS_AFTER).execute(parameters))
                .map(rows -> list(rows, UsageLogs::row));
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

    private static UsageLog row(Row row) {
        return new UsageLog(
                row.getUUID("id"),
                row.getUUID("session_id"),
                row.getString("service_name"),
                row.getInteger("tokens_used"),
                row.getInteger("speech_seconds"),
                row.getLocalDateTime("timestamp").toInstant(ZoneOffset.UTC),
                new BigDecimal(row.getString("cost_usd")),
                row.getString("model"),
                row.getInteger("input_tokens"),
                row.getInteger("output_tokens"),
                corrected(row),
                row.getString("metadata"));
    }

    @Nullable
    private static UsageLog.Corrected corrected(Row row) {
        return row.getBoolean("voided") == null
                ? null
                : new UsageLog.Corrected(
                        row.getBoolean("voided"),
                        row.getLong("corrected_tokens_used"),
                        row.getLong("corrected_speech_seconds"),
                        new BigDecimal(row.getString("corrected_cost_usd")));
    }
}
