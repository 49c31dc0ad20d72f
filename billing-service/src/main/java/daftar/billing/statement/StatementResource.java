package daftar.billing.statement;

import daftar.billing.subscription.BillingCalendar;
import daftar.billing.subscription.BillingPeriod;
import daftar.billing.subscription.Subscription;
import daftar.billing.subscription.Subscriptions;
import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.position.Reads;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Statements over HTTP. */
@Path("/v1/users/{user_id}/statement")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "statement", description = "What the present billing period holds")
class StatementResource {

    private static final String USED = """
            SELECT t.service_name,
                   sum(t.events)::bigint AS events,
                   sum(t.tokens_used)::bigint AS tokens_used,
                   sum(t.speech_seconds)::bigint AS speech_seconds
            FROM usage_totals AS t
            WHERE t.user_id = $1
              AND t.usage_date >= $2
              AND t.usage_date < $3
            GROUP BY t.service_name
            HAVING sum(t.events) > 0 -- else every event was voided
            ORDER BY t.service_name
            """;

    private final Reads reads;
    private final Subscriptions subscriptions;
    private final Clock clock;
    private final ZoneId zone;

    @Inject
    StatementResource(
            Reads reads,
            Subscriptions subscriptions,
            Clock clock,
            @ConfigProperty(name = "daftar.billing.time-zone") ZoneId zone) {
        this.reads = reads;
        this.subscriptions = subscriptions;
        this.clock = clock;
        this.zone = zone;
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "subscriptions:read")
    @Operation(
            summary = "Read what the present billing period holds so far",
            description = "Without a subscription: the calendar month of the billing zone, nothing included.")
    @APIResponse(responseCode = "200", description = "The statement")
    public Uni<Statement> statement(@PathParam("user_id") UUID userId) {
        Instant now = clock.instant();
        return reads.read(connection -> subscriptions
                .live(connection, userId, now)
                .chain(subscription -> statement(connection, userId, subscription, now)));
    }

    private Uni<Statement> statement(
            SqlConnection connection, UUID userId, Optional<Subscription> subscription, Instant now) {
        BillingPeriod period = subscription
                .map(Subscription::calendar)
                .orElseGet(() -> BillingCalendar.ofMonths(now, zone))
                .periodAt(now);
        return connection
                .preparedQuery(USED)
                .execute(Tuple.of(userId, period.start(), period.end()))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(StatementResource::usage)
                        .toList())
                .map(services -> Statement.of(userId, subscription, period, services));
    }

    private static Statement.ServiceUsage usage(Row row) {
        return new Statement.ServiceUsage(
                row.getString("service_name"),
                row.getLong("events"),
                row.getLong("tokens_used"),
                row.getLong("speech_seconds"));
    }
}
