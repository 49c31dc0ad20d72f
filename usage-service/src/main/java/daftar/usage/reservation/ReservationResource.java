package daftar.usage.reservation;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.position.Reads;
import daftar.kit.position.Writes;
import daftar.kit.problem.Problem;
import daftar.kit.request.Idempotency;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** Reservations over HTTP. */
@Path("/v1/users/{user_id}/reservations")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "quota", description = "What a user may use")
class ReservationResource {

    private final Reservations reservations;
    private final Idempotency idempotency;
    private final Reads reads;
    private final Writes writes;
    private final Clock clock;

    @Inject
    ReservationResource(Reservations reservations, Idempotency idempotency, Reads reads, Writes writes, Clock clock) {
        this.reservations = reservations;
        this.idempotency = idempotency;
        this.reads = reads;
        this.writes = writes;
        this.clock = clock;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Access(value = Kind.SERVICE, scope = "usage:write")
    @Operation(
            summary = "Reserve a part of what the user may use",
            description = "Either all of it is granted or nothing. It is held until it is settled or released, at most "
                    + "for ttl_seconds.")
    @APIResponse(
            responseCode = "201",
            description = "Reserved: Location",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = Reservation.class)))
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(
            responseCode = "409",
            description = "Less is left, which remaining_tokens and remaining_speech_seconds tell (quota-exceeded), or "
                    + "the same request is at work")
    @APIResponse(responseCode = "422", description = "The body breaks a rule")
    public Uni<RestResponse<Reservation>> reserve(
            @PathParam("user_id") UUID userId,
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @NotNull @Valid NewReservation wanted) {
        if (wanted.tokensWanted() == 0 && wanted.secondsWanted() == 0) {
            throw Problem.INVALID_INPUT.because(
                    "See errors for what is wrong and where.",
                    List.of(new Problem.FieldError("/tokens", "must be more than 0, or speech_seconds must")));
        }
        return idempotency
                .once(
                        idempotencyKey,
                        wanted,
                        Reservation.class,
                        connection -> reservations.reserve(connection, userId, wanted, clock.instant()))
                .map(reserved -> RestResponse.ResponseBuilder.<Reservation>created(
                                URI.create("/v1/users/" + userId + "/reservations/" + reserved.id()))
                        .entity(reserved)
                        .build());
    }

    @GET
    @Path("/{reservation_id}")
    @Access(value = Kind.SERVICE, scope = "usage:write")
    @Operation(summary = "Read one reservation")
    @APIResponse(responseCode = "200", description = "The reservation")
    @APIResponse(responseCode = "404", description = "The user has no such reservation")
    public Uni<Reservation> one(@PathParam("user_id") UUID userId, @PathParam("reservation_id") UUID reservationId) {
        return reads.read(connection -> reservations.find(connection, userId, reservationId))
                .map(found -> found.orElseThrow(() -> Problem.NOT_FOUND.because("This user has no such reservation.")));
    }

    @POST
    @Path("/{reservation_id}/settlement")
    @Consumes(MediaType.APPLICATION_JSON)
    @Access(value = Kind.SERVICE, scope = "usage:write")
    @Operation(
            summary = "Settle a reservation with what was used",
            description =
                    "Publishes the usage as an event whose id is the reservation's, which counts it once. Instead "
                            + "of this, never besides, a producer can send an event of its own with reservation_id. More than "
                            + "was reserved, and after it expired, is counted too. A repetition changes nothing.")
    @APIResponse(responseCode = "200", description = "The reservation: settling, or settled where it has counted")
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "404", description = "The user has no such reservation")
    @APIResponse(responseCode = "409", description = "It was released, or settled with other amounts")
    @APIResponse(
            responseCode = "422",
            description = "The body breaks a rule, or neither it nor the reservation says session_id and service_name")
    public Uni<Reservation> settle(
            @PathParam("user_id") UUID userId,
            @PathParam("reservation_id") UUID reservationId,
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @NotNull @Valid Settlement actual) {
        return idempotency.once(
                idempotencyKey,
                actual,
                Reservation.class,
                connection -> reservations.settle(connection, userId, reservationId, actual, clock.instant()));
    }

    @DELETE
    @Path("/{reservation_id}")
    @Access(value = Kind.SERVICE, scope = "usage:write")
    @Operation(
            summary = "Release a reservation of which nothing was used",
            description = "What it held can be reserved anew. A repetition changes nothing.")
    @APIResponse(responseCode = "204", description = "Released, or expired before")
    @APIResponse(responseCode = "404", description = "The user has no such reservation")
    @APIResponse(responseCode = "409", description = "It was settled")
    public Uni<Void> release(@PathParam("user_id") UUID userId, @PathParam("reservation_id") UUID reservationId) {
        return writes.writeSql(connection -> reservations.release(connection, userId, reservationId, clock.instant()))
                .replaceWithVoid();
    }
}
