package daftar.usage.correction;

import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.problem.Problem;
import daftar.kit.request.Idempotency;
import daftar.usage.correction.CorrectionInsert.Wanted;
import daftar.usage.log.TimeRange;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** Corrections over HTTP. */
@Path("/v1/users/{user_id}/usage/corrections")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "corrections", description = "What was put right after it had counted")
class CorrectionResource {

    private static final int LARGEST_PAGE = 500;

    private final Corrections corrections;
    private final Idempotency idempotency;
    private final Caller.Current caller;
    private final Clock clock;

    @Inject
    CorrectionResource(Corrections corrections, Idempotency idempotency, Caller.Current caller, Clock clock) {
        this.corrections = corrections;
        this.idempotency = idempotency;
        this.caller = caller;
        this.clock = clock;
    }

    @GET
    @Access(
            value = {Caller.Kind.SERVICE, Caller.Kind.SUPPORT, Caller.Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(
            summary = "List the corrections of a user's usage, the latest first",
            description = "Who corrected and why; what it changed stands beside each row of /usage/logs too.")
    @APIResponse(responseCode = "200", description = "A page of corrections")
    @APIResponse(responseCode = "400", description = "The cursor cannot be read")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<Correction>> list(
            @PathParam("user_id") UUID userId,
            @Parameter(description = "next_cursor of the page before") @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("100") @Min(1) @Max(LARGEST_PAGE) int limit) {
        return corrections.page(userId, cursor == null ? null : Cursor.parse(cursor), limit);
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Access({Caller.Kind.SUPPORT, Caller.Kind.ADMINISTRATOR})
    @Operation(
            summary = "Void or adjust an event that has counted",
            description =
                    "The event's row stays; sums change at the event's own time, here at once and in billing when it "
                            + "has heard of it. An event that was voided stays so, and nothing falls below zero.")
    @APIResponse(
            responseCode = "201",
            description = "Corrected, with what was added",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = Correction.class)))
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "404", description = "The user has no such event")
    @APIResponse(
            responseCode = "409",
            description = "The event was voided before, or its row has left the database for the archive")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or an amount would fall below zero")
    public Uni<RestResponse<Correction>> correct(
            @PathParam("user_id") UUID userId,
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @NotNull @Valid NewCorrection wanted) {
        check(wanted);
        String actor = caller.get().userId().toString();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        return idempotency
                .once(
                        idempotencyKey,
                        wanted,
                        Correction.class,
                        connection -> corrections
                                .correct(connection, wanted(userId, wanted, actor, now))
                                .map(CorrectionResource::applied))
                .map(correction -> RestResponse.status(RestResponse.Status.CREATED, correction));
    }

    private static void check(NewCorrection wanted) {
        boolean saysNothing = isZero(wanted.tokensUsed())
                && isZero(wanted.speechSeconds())
                && (wanted.costUsd() == null || new BigDecimal(wanted.costUsd()).signum() == 0);
        if (wanted.kind() == Kind.ADJUST && saysNothing) {
            throw TimeRange.invalid("kind", "adjust needs an amount other than 0");
        }
        if (wanted.kind() == Kind.VOID && !saysNothing) {
            throw TimeRange.invalid("kind", "void takes away what counted: give no amounts");
        }
    }

    private static boolean isZero(@Nullable Integer amount) {
        return amount == null || amount == 0;
    }

    private static Wanted wanted(UUID userId, NewCorrection wanted, String actor, Instant now) {
        boolean isVoid = wanted.kind() == Kind.VOID;
        return new Wanted(
                UUID.randomUUID(),
                wanted.eventId(),
                userId,
                wanted.kind(),
                isVoid ? null : orZero(wanted.tokensUsed()),
                isVoid ? null : orZero(wanted.speechSeconds()),
                isVoid ? null : wanted.costUsd() == null ? "0" : wanted.costUsd(),
                actor,
                wanted.reason(),
                now);
    }

    private static Integer orZero(@Nullable Integer amount) {
        return amount == null ? 0 : amount;
    }

    /** Thrown inside of the transaction, so that a refused correction is not remembered under its key either. */
    private static Correction applied(Corrections.Judged judged) {
        return switch (judged.outcome()) {
            case APPLIED -> judged.correction();
            case UNKNOWN_EVENT, OF_ANOTHER_USER -> throw Problem.NOT_FOUND.because("This user has no such event.");
            case ARCHIVED ->
                throw Problem.CONFLICT.because(
                        "The event's row has left the database for the archive: have its month restored first.");
            case VOIDED_BEFORE -> throw Problem.CONFLICT.because("The event was voided before.");
            case OUT_OF_RANGE ->
                throw TimeRange.invalid(
                        "tokens_used",
                        "what is left of each amount must be 0 or more, and no more than an event can have");
            case DUPLICATE, MISFIT ->
                throw new IllegalStateException("a new correction cannot be: " + judged.outcome());
        };
    }
}
