package daftar.usage.price;

import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** The rows of {@code prices}. */
@ApplicationScoped
class Prices {

    private static final String COLUMNS = """
                   p.id,
                   p.service_name,
                   p.model,
                   p.unit,
                   p.usd_per_million::text AS usd_per_million,
                   p.effective_from,
                   p.actor,
                   p.recorded_at
            """;

    private static final String ADD = """
            INSERT INTO prices AS p (id, service_name, model, unit, usd_per_million, effective_from, actor, recorded_at)
            VALUES ($1, $2, $3, $4, $5::text::numeric(12, 6), $6, $7, $8)
            ON CONFLICT ON CONSTRAINT prices_version_key DO NOTHING
            RETURNING
            """ + COLUMNS;

    private static final String ALL = """
            SELECT
            """ + COLUMNS + """
            FROM prices AS p
            """;

    /** With a time: the version of each price that is in effect then, the one that no later one has followed. */
    private static final String PAGE = ALL + """
            WHERE ($1::timestamptz IS NULL
                   OR p.effective_from <= $1
                      AND NOT EXISTS (
                          SELECT
                          FROM prices AS later
                          WHERE later.service_name = p.service_name
                            AND later.model IS NOT DISTINCT FROM p.model
                            AND later.unit = p.unit
                            AND later.effective_from > p.effective_from
                            AND later.effective_from <= $1))
              AND ($2::text IS NULL OR p.service_name = $2)
              AND ($3::timestamptz IS NULL OR (p.effective_from, p.id) < ($3, $4))
            ORDER BY p.effective_from DESC, p.id DESC
            LIMIT $5
            """;

    private final Pool primary;
    private final Reads reads;

    @Inject
    Prices(Pool primary, Reads reads) {
        this.primary = primary;
        this.reads = reads;
    }

    /** Adds a version; 409 where the price has one that begins at the same moment. */
    Uni<Price> add(SqlConnection connection, NewPrice price, Instant effectiveFrom, String actor, Instant now) {
        Tuple parameters = Tuple.from(new Object[] {
            UUID.randomUUID(),
            price.serviceName(),
            price.model(),
            price.unit().wireName(),
            price.usdPerMillion(),
            utc(effectiveFrom),
            actor,
            utc(now)
        });
        return connection.preparedQuery(ADD).execute(parameters).map(rows -> {
            if (rows.size() == 0) {
                throw Problem.CONFLICT.because("This price has a version that begins at the same moment.");
            }
            return price(rows.iterator().next());
        });
    }

    /**
     * A page of versions, those that begin last first.
     *
     * @param at only the versions in effect at this time; null for all that ever were or will be
     * @param serviceName only this service's; null for all
     */
    Uni<Page<Price>> page(@Nullable Instant at, @Nullable String serviceName, @Nullable Cursor after, int limit) {
        Tuple parameters = Tuple.from(new Object[] {
            at == null ? null : utc(at),
            serviceName,
            after == null ? null : utc(after.time()),
            after == null ? null : after.id(),
            limit + 1
        });
        return reads.read(connection -> connection.preparedQuery(PAGE).execute(parameters))
                .map(rows -> Page.of(list(rows, Prices::price), limit, Price::cursor));
    }

    /** All versions as the primary has them. */
    Uni<PriceBook> book() {
        return primary.preparedQuery(ALL).execute().map(rows -> PriceBook.of(list(rows, Prices::version)));
    }

    private static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    private static <T> List<T> list(RowSet<Row> rows, Function<Row, T> read) {
        return StreamSupport.stream(rows.spliterator(), false).map(read).toList();
    }

    private static PriceBook.Version version(Row row) {
        Price price = price(row);
        return new PriceBook.Version(
                price.id(),
                price.serviceName(),
                price.model(),
                price.unit(),
                price.usdPerMillion().unscaledValue().longValueExact(),
                price.effectiveFrom());
    }

    private static Price price(Row row) {
        return new Price(
                row.getUUID("id"),
                row.getString("service_name"),
                row.getString("model"),
                Unit.parse(row.getString("unit")),
                new BigDecimal(row.getString("usd_per_million")),
                row.get(OffsetDateTime.class, "effective_from").toInstant(),
                row.getString("actor"),
                row.get(OffsetDateTime.class, "recorded_at").toInstant());
    }
}
