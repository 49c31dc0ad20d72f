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

    private static Uni<UsageLogPage> withArchived(
            Logged logged, UUID userId, TimeRange range, Instant time, UUID id, int limit) {
        List<UsageLog> rows = logged.rows;
        Instant notBefore = rows.size() > limit ? rows.get(limit).timestamp() : range.from();
        return logged.archived
                .newest(userId, time, id, notBefore, limit + 1)
                .map(newest -> UsageLogPage.of(rows, newest, limit, logged.archived.months()));
    }

    /** What the log has, and what the archive has of the same range. */
    private record Logged(List<UsageLog> rows, ArchivedUsageLogs.InRange archived) {}

    private static LocalDateTime utc(Instant time) {
        return LocalDateTime.ofInstant(time, ZoneOffset.UTC);
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
                row.getString("metadata"));
    }
}
