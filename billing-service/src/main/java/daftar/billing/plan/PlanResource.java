package daftar.billing.plan;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.position.Reads;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The price list over HTTP. */
@Path("/v1/plans")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "plans", description = "What can be subscribed to")
class PlanResource {

    private static final String ACTIVE = """
            SELECT p.plan_name,
                   p.billing_cycle,
                   p.amount_egp::text AS amount_egp,
                   p.included_tokens,
                   p.included_speech_seconds,
                   p.usage_limit
            FROM plans AS p
            WHERE p.active
            ORDER BY p.amount_egp, p.plan_name, p.billing_cycle
            """;

    private final Reads reads;

    @Inject
    PlanResource(Reads reads) {
        this.reads = reads;
    }

    /**
     * The price list.
     *
     * @param plans those that can be subscribed to now, the cheapest first
     */
    record Plans(List<Plan> plans) {}

    @GET
    @Access(Kind.ANYONE)
    @Operation(summary = "Read the price list")
    @APIResponse(responseCode = "200", description = "The plans that can be subscribed to now, the cheapest first")
    public Uni<Plans> plans() {
        return reads.read(connection -> connection.preparedQuery(ACTIVE).execute())
                .map(rows -> new Plans(StreamSupport.stream(rows.spliterator(), false)
                        .map(PlanResource::plan)
                        .toList()));
    }

    private static Plan plan(Row row) {
        return new Plan(
                row.getString("plan_name"),
                row.getString("billing_cycle"),
                new BigDecimal(row.getString("amount_egp")),
                row.getLong("included_tokens"),
                row.getLong("included_speech_seconds"),
                row.getString("usage_limit"));
    }
}
