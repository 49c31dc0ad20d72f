package daftar.usage.rollup;

import daftar.kit.position.Reads;
import daftar.usage.log.TimeRange;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.StreamSupport;

/** Questions to {@code usage_rollups}. What they cost depends on the buckets that are read, not on the rows added up. */
@ApplicationScoped
class UsageRollups {

    /**
     * {@code date_trunc} with a zone follows the zone's calendar; hours keep their offset, so that the
     * hour that comes twice stays two. Buckets whose every event was voided are left out.
     */
    private static final String SUMS = """
            SELECT date_trunc($2, r.bucket_start AT TIME ZONE 'UTC', $3) AS bucket_start,
                   CASE WHEN $4 THEN r.service_name END AS service_name,
                   sum(r.events)::bigint AS events,
                   sum(r.tokens_used)::bigint AS tokens_used,
                   sum(r.speech_seconds)::bigint AS speech_seconds,
                   sum(r.cost_usd)::numeric(20, 6)::text AS cost_usd
            FROM unnest($6::smallint[], $7::timestamp[], $8::timestamp[]) AS run (bucket_minutes, "from", "to")
            JOIN usage_rollups AS r
              ON r.user_id = $1
             AND r.bucket_minutes = run.bucket_minutes
             AND r.bucket_start >= run."from"
             AND r.bucket_start < run."to"
            WHERE ($5::text IS NULL OR r.service_name = $5)
            GROUP BY 1, 2
            HAVING sum(r.events) > 0
            ORDER BY 1, 2
            """;

    private final Reads reads;

    @Inject
    UsageRollups(Reads reads) {
        this.reads = reads;
    }

    /**
     * Adds up by bucket, and by service or over all of them.
     *
     * @param range of whole minutes
     * @param serviceName only this service; null for all
     */
    Uni<List<Usage.Sum>> sums(
            UUID userId, TimeRange range, Bucket bucket, ZoneId zone, boolean byService, @Nullable String serviceName) {
        List<Run> runs = Run.covering(range, bucket, zone);
        Tuple parameters = Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addUUID(userId)
                .addString(bucket.wireName())
                .addString(zone.getId())
                .addBoolean(byService)
                .addString(serviceName)
                .addArrayOfShort(column(runs, run -> (short) run.bucketMinutes(), Short[]::new))
                .addArrayOfLocalDateTime(column(runs, Run::fromUtc, LocalDateTime[]::new))
                .addArrayOfLocalDateTime(column(runs, Run::toUtc, LocalDateTime[]::new)));
        return reads.read(connection -> connection.preparedQuery(SUMS).execute(parameters))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(UsageRollups::sum)
                        .toList());
    }

    private static <T> T[] column(List<Run> runs, Function<Run, T> value, IntFunction<T[]> array) {
        return runs.stream().map(value).toArray(array);
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
}
