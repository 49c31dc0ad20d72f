package daftar.analytics.interaction;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.request.Idempotency;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Interactions over HTTP. */
@Path("/v1/users/{user_id}/interactions")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "interactions", description = "What a learner did")
class InteractionResource {

    private final Interactions interactions;
    private final Idempotency idempotency;
    private final Clock clock;

    @Inject
    InteractionResource(Interactions interactions, Idempotency idempotency, Clock clock) {
        this.interactions = interactions;
        this.idempotency = idempotency;
        this.clock = clock;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Access(
            value = {Kind.PERSON, Kind.SERVICE},
            scope = "interactions:write")
    @Operation(
            summary = "Record 1 to 500 interactions, all or none",
            description = "In any order, as often as needed: an id counts once. occurred_at lies between 2000 "
                    + "and 24 hours from now.")
    @APIResponse(responseCode = "200", description = "What became of each, and the profiles that changed")
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "409", description = "An id is known with another content; nothing was recorded")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or there is no such user")
    public Uni<RecordedInteractions> record(
            @PathParam("user_id") UUID userId,
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @NotNull @Valid NewInteractions body) {
        body.check(clock.instant());
        return idempotency.once(
                idempotencyKey,
                body,
                RecordedInteractions.class,
                connection -> interactions.record(connection, userId, body.interactions()));
    }
}
