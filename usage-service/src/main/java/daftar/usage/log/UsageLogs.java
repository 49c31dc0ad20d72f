package daftar.usage.log;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** Questions to {@code usage_logs}. */
@ApplicationScoped
class UsageLogs {

    private static final String SELECT = """
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
            """;

    /** The row comparison is what an index can seek to; the first page starts at the range's end. */
    private static final String ROWS = SELECT + """
            WHERE l.user_id = $1
              AND l."timestamp" >= $2
              AND l."timestamp" < $3
              AND (l."timestamp", l.id) < ($4, $5)
            ORDER BY l."timestamp" DESC, l.id DESC
            LIMIT $6
            """;

    /** As above in the other direction; the range's start moves with the cursor, and leaves past partitions out. */
    private static final String ROWS_AFTER = SELECT + """
            WHERE l.user_id = $1
              AND l."timestamp" >= $2
              AND l."timestamp" < $3
              AND ($4::uuid IS NULL OR (l."timestamp", l.id) > ($2, $4))
            ORDER BY l."timestamp", l.id
            LIMIT $5
            """;

    /** Corrections outlive the rows that they correct. */
    private static final String CORRECTED = """
            SELECT k.event_id,
                   bool_or(k.kind = 'void') AS voided,
                   sum(k.tokens_used) AS corrected_tokens_used,
                   sum(k.speech_seconds) AS corrected_speech_seconds,
                   sum(k.cost_usd)::text AS corrected_cost_usd
            FROM usage_corrections AS k
            WHERE k.event_id = ANY ($1::uuid[])
            GROUP BY k.event_id
            """;

    private static final UUID FIRST_ID = new UUID(0, 0);

    private final Reads reads;
    private final ArchivedUsageLogs archived;

    @Inject
    UsageLogs(Reads reads, ArchivedUsageLogs archived) {
        this.reads = reads;
        this.archived = archived;
    }

    /**
     * The single rows, newest first.
     *
     * @param archive whether archived rows are among them
     */
    Uni<UsageLogPage> page(UUID userId, TimeRange range, @Nullable Cursor after, int limit, boolean archive) {
        Instant time = after == null ? range.to() : within(range, after.time());
        UUID id = after == null ? FIRST_ID : after.id();
        Tuple parameters = Tuple.from(new Object[] {userId, range.fromUtc(), range.toUtc(), utc(time), id, limit + 1});
        return reads.read(connection -> connection
                        .preparedQuery(ROWS)
                        .execute(parameters)
                        .map(rows -> list(rows, UsageLogs::row))
                        .flatMap(rows -> archived.in(connection, range).map(inRange -> new Logged(rows, inRange))))
                .flatMap(logged -> archive
                        ? withArchived(logged, userId, range, time, id, limit)
                        : Uni.createFrom().item(UsageLogPage.of(logged.rows, limit, logged.archived.months())));
    }

    private Uni<UsageLogPage> withArchived(
            Logged logged, UUID userId, TimeRange range, Instant time, UUID id, int limit) {
        List<UsageLog> rows = logged.rows;
        Instant notBefore = rows.size() > limit ? rows.get(limit).timestamp() : range.from();
        return logged.archived
                .newest(userId, time, id, notBefore, limit + 1)
                .flatMap(this::withCorrections)
                .map(newest -> UsageLogPage.of(rows, newest, limit, logged.archived.months()));
    }

    private Uni<ArchivedUsageLogs.Newest> withCorrections(ArchivedUsageLogs.Newest newest) {
        UUID[] ids = newest.rows().stream().map(UsageLog::id).toArray(UUID[]::new);
        Tuple parameters = Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple().addArrayOfUUID(ids));
        return reads.read(connection -> connection.preparedQuery(CORRECTED).execute(parameters))
                .map(rows -> {
                    Map<UUID, UsageLog.Corrected> sums = new HashMap<>();
                    rows.forEach(row -> sums.put(row.getUUID("event_id"), corrected(row)));
                    List<UsageLog> corrected = newest.rows().stream()
                            .map(row -> row.with(sums.get(row.id())))
                            .toList();
                    return new ArchivedUsageLogs.Newest(corrected, newest.completeFrom());
                });
    }

    /** What the log has, and what the archive has of the same range. */
    private record Logged(List<UsageLog> rows, ArchivedUsageLogs.InRange archived) {}

    private static LocalDateTime utc(Instant time) {
        return LocalDateTime.ofInstant(time, ZoneOffset.UTC);
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
