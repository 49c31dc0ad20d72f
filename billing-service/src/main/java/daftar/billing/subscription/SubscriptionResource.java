package daftar.billing.subscription;

import daftar.kit.access.Access;
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
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.time.Clock;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** Subscriptions over HTTP. */
@Path("/v1/users/{user_id}/subscriptions")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "subscriptions", description = "Who subscribed to what")
class SubscriptionResource {

    private static final int LARGEST_PAGE = 100;

    private final Subscriptions subscriptions;
    private final Idempotency idempotency;
    private final Clock clock;

    @Inject
    SubscriptionResource(Subscriptions subscriptions, Idempotency idempotency, Clock clock) {
        this.subscriptions = subscriptions;
        this.idempotency = idempotency;
        this.clock = clock;
    }

    /**
     * How to cancel.
     *
     * @param atPeriodEnd true: it goes on to the end of the present period; false: it ends now
     */
    record Cancellation(@NotNull Boolean atPeriodEnd) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Access(
            value = {Kind.PERSON, Kind.SERVICE, Kind.ADMINISTRATOR},
            scope = "subscriptions:write")
    @Operation(summary = "Start a subscription", description = "Its first period starts with today's local day.")
    @APIResponse(
            responseCode = "201",
            description = "Started: Location, ETag",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = Subscription.class)))
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "409", description = "The user has a live subscription")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or there is no such plan or user")
    public Uni<RestResponse<Subscription>> start(
            @PathParam("user_id") UUID userId,
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @NotNull @Valid NewSubscription wanted) {
        return idempotency
                .once(
                        idempotencyKey,
                        wanted,
                        Subscription.Tagged.class,
                        connection -> subscriptions
                                .start(connection, userId, wanted, clock.instant())
                                .map(Subscription::tagged))
                .map(started -> RestResponse.ResponseBuilder.<Subscription>created(URI.create("/v1/users/" + userId
                                + "/subscriptions/" + started.subscription().id()))
                        .entity(started.subscription())
                        .header(HttpHeaders.ETAG, started.tag())
                        .build());
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "subscriptions:read")
    @Operation(summary = "List a user's subscriptions, the newest first")
    @APIResponse(responseCode = "200", description = "A page of subscriptions")
    @APIResponse(responseCode = "400", description = "The cursor is not one that a page ended with")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<Subscription>> list(
            @PathParam("user_id") UUID userId,
            @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("50") @Min(1) @Max(LARGEST_PAGE) int limit) {
        Cursor after = cursor == null ? null : Cursor.parse(cursor);
        return subscriptions.page(userId, after, limit, clock.instant());
    }

    @GET
    @Path("/{subscription_id}")
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "subscriptions:read")
    @Operation(summary = "Read one subscription")
    @APIResponse(responseCode = "200", description = "The subscription: ETag")
    @APIResponse(responseCode = "404", description = "The user has no such subscription")
    public Uni<RestResponse<Subscription>> one(
            @PathParam("user_id") UUID userId, @PathParam("subscription_id") UUID subscriptionId) {
        return subscriptions
                .find(userId, subscriptionId, clock.instant())
                .map(found -> found.orElseThrow(() -> Problem.NOT_FOUND.because("This user has no such subscription.")))
                .map(found -> ok(found.tagged()));
    }

    @POST
    @Path("/{subscription_id}/cancel")
    @Consumes(MediaType.APPLICATION_JSON)
    @Access(
            value = {Kind.PERSON, Kind.SERVICE, Kind.ADMINISTRATOR},
            scope = "subscriptions:write")
    @Operation(
            summary = "Cancel a subscription, now or at the end of its period",
            description = "A repetition changes nothing; an end that is to come can be brought forward.")
    @APIResponse(responseCode = "200", description = "The subscription as it is now: ETag")
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "404", description = "The user has no such subscription")
    @APIResponse(responseCode = "412", description = "If-Match names another version: read it again")
    @APIResponse(responseCode = "422", description = "The body breaks a rule")
    public Uni<RestResponse<Subscription>> cancel(
            @PathParam("user_id") UUID userId,
            @PathParam("subscription_id") UUID subscriptionId,
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @NotNull @Valid Cancellation how) {
        return idempotency
                .once(
                        idempotencyKey,
                        how,
                        Subscription.Tagged.class,
                        connection -> subscriptions
                                .cancel(connection, userId, subscriptionId, ifMatch, how.atPeriodEnd(), clock.instant())
                                .map(Subscription::tagged))
                .map(SubscriptionResource::ok);
    }

    private static RestResponse<Subscription> ok(Subscription.Tagged found) {
        return RestResponse.ResponseBuilder.ok(found.subscription())
                .header(HttpHeaders.ETAG, found.tag())
                .build();
    }
}
