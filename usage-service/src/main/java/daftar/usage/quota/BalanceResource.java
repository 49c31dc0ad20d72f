package daftar.usage.quota;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.position.Reads;
import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** A user's balance over HTTP. */
@Path("/v1/users/{user_id}/balance")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "quota", description = "What a user may use")
class BalanceResource {

    private final Balances balances;
    private final Reads reads;
    private final Clock clock;

    @Inject
    BalanceResource(Balances balances, Reads reads, Clock clock) {
        this.balances = balances;
        this.reads = reads;
        this.clock = clock;
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(
            summary = "Read what a user may use in the present period, and what is left of it",
            description = "Used is what was counted of the period, reserved what reservations hold.")
    @APIResponse(responseCode = "200", description = "The balance")
    @APIResponse(responseCode = "404", description = "The user has no allowance at present")
    public Uni<Balance> balance(@PathParam("user_id") UUID userId) {
        return reads.read(connection -> balances.present(connection, userId, clock.instant()))
                .map(found ->
                        found.orElseThrow(() -> Problem.NOT_FOUND.because("This user has no allowance at present.")));
    }
}
