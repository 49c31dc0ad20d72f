package daftar.consent.decision;

import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.problem.Problem;
import daftar.kit.request.Idempotency;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
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
import java.net.URI;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** Guardians' decisions over HTTP. */
@Path("/v1/users/{user_id}/consents")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "consents", description = "What guardians allowed for a child")
class DecisionResource {

    private static final int LARGEST_PAGE = 100;

    private final Decisions decisions;
    private final Caller.Current caller;
    private final Idempotency idempotency;

    @Inject
    DecisionResource(Decisions decisions, Caller.Current caller, Idempotency idempotency) {
        this.idempotency = idempotency;
        this.decisions = decisions;
        this.caller = caller;
    }

    /** Never the person: the person is the child. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Access(
            value = {Kind.SERVICE, Kind.ADMINISTRATOR},
            scope = "consents:write")
    @Operation(summary = "Record a guardian's decision", description = "The time is the server's.")
    @APIResponse(
            responseCode = "201",
            description = "Recorded; Location leads to it",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = Decision.class)))
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or there is no such user")
    public Uni<RestResponse<Decision>> record(
            @PathParam("user_id") UUID userId,
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @NotNull @Valid NewDecision decision) {
        return idempotency
                .once(
                        idempotencyKey,
                        decision,
                        Decision.class,
                        connection -> decisions.record(connection, userId, decision))
                .map(recorded -> RestResponse.ResponseBuilder.<Decision>created(
                                URI.create("/v1/users/" + userId + "/consents/" + recorded.id()))
                        .entity(recorded)
                        .build());
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "consents:read")
    @Operation(
            summary = "Read what holds now, one decision a type",
            description = "The person and a guardian get it without guardian_email and ip_address. A type that "
                    + "is absent was never decided: nothing is allowed. A user of whom nothing is known has "
                    + "no decisions.")
    @APIResponse(responseCode = "200", description = "The newest decision of each type")
    public Uni<CurrentConsents> current(@PathParam("user_id") UUID userId) {
        return decisions
                .current(userId)
                .map(newest -> new CurrentConsents(
                        userId, newest.stream().map(this::asSeen).toList()));
    }

    @GET
    @Path("/history")
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "consents:read")
    @Operation(
            summary = "Read all decisions, newest first",
            description = "The person and a guardian get it without guardian_email and ip_address.")
    @APIResponse(responseCode = "200", description = "A page of decisions")
    @APIResponse(responseCode = "400", description = "The cursor is not one that a page ended with")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<Decision>> history(
            @PathParam("user_id") UUID userId,
            @QueryParam("consent_type") @Pattern(regexp = NewDecision.CONSENT_TYPE) String consentType,
            @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("50") @Min(1) @Max(LARGEST_PAGE) int limit) {
        Cursor after = cursor == null ? null : Cursor.parse(cursor);
        return decisions
                .history(userId, consentType, after, limit)
                .map(page -> new Page<>(page.items().stream().map(this::asSeen).toList(), page.nextCursor()));
    }

    @GET
    @Path("/{consent_id}")
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "consents:read")
    @Operation(
            summary = "Read one decision",
            description = "The person and a guardian get it without guardian_email and ip_address.")
    @APIResponse(responseCode = "200", description = "The decision")
    @APIResponse(responseCode = "404", description = "This user has no such decision")
    public Uni<Decision> one(@PathParam("user_id") UUID userId, @PathParam("consent_id") UUID consentId) {
        return decisions
                .find(userId, consentId)
                .map(found -> found.map(this::asSeen)
                        .orElseThrow(() -> Problem.NOT_FOUND.because("This user has no such decision.")));
    }

    private Decision asSeen(Decision decision) {
        return decision.asSeenBy(caller.get());
    }
}
