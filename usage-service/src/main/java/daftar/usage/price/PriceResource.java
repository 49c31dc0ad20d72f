package daftar.usage.price;

import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.request.Idempotency;
import daftar.usage.log.TimeRange;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** The price book over HTTP. */
@Path("/v1/prices")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "prices", description = "What a service's tokens and seconds cost the platform")
class PriceResource {

    private static final int LARGEST_PAGE = 500;
    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    private final Prices prices;
    private final CurrentPrices current;
    private final Idempotency idempotency;
    private final Caller.Current caller;
    private final Clock clock;
    private final Duration lead;

    @Inject
    PriceResource(
            Prices prices,
            CurrentPrices current,
            Idempotency idempotency,
            Caller.Current caller,
            Clock clock,
            @ConfigProperty(name = "daftar.usage.prices.lead") Duration lead) {
        this.prices = prices;
        this.current = current;
        this.idempotency = idempotency;
        this.caller = caller;
        this.clock = clock;
        this.lead = lead;
    }

    @GET
    @Access(
            value = {Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(
            summary = "List prices, those that begin last first",
            description = "All versions that ever were or will be; with `at` those alone that are in effect then.")
    @APIResponse(responseCode = "200", description = "A page of versions")
    @APIResponse(responseCode = "400", description = "A time or the cursor cannot be read")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<Price>> list(
            @Parameter(description = "RFC 3339") @QueryParam("at") String at,
            @Parameter(description = "only this service's")
                    @QueryParam("service_name")
                    @Size(min = 1, max = 50)
                    @Pattern(regexp = "[^\\x00]*")
                    String serviceName,
            @Parameter(description = "next_cursor of the page before") @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("100") @Min(1) @Max(LARGEST_PAGE) int limit) {
        Instant moment = at == null ? null : TimeRange.time("at", at);
        return prices.page(moment, serviceName, cursor == null ? null : Cursor.parse(cursor), limit);
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Access(Kind.ADMINISTRATOR)
    @Operation(
            summary = "Record a new version of a price",
            description =
                    "It begins at effective_from, at least five minutes ahead unless configured otherwise, so that "
                            + "every instance knows it by then. A price cannot begin in the past: what was counted stays as it "
                            + "was counted.")
    @APIResponse(
            responseCode = "201",
            description = "Recorded",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = Price.class)))
    @APIResponse(responseCode = "400", description = "The body cannot be read")
    @APIResponse(responseCode = "409", description = "The price has a version that begins at the same moment")
    @APIResponse(responseCode = "422", description = "The body breaks a rule, or the version would begin too soon")
    public Uni<RestResponse<Price>> add(
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey, @NotNull @Valid NewPrice price) {
        Instant effectiveFrom = price.effectiveFrom().truncatedTo(ChronoUnit.MICROS);
        String actor = caller.get().userId().toString();
        return idempotency
                .once(idempotencyKey, price, Price.class, connection -> {
                    Instant now = clock.instant();
                    check(effectiveFrom, now);
                    return prices.add(connection, price, effectiveFrom, actor, now);
                })
                .call(current::refresh)
                .map(recorded -> RestResponse.status(RestResponse.Status.CREATED, recorded));
    }

    /** Not asked of a repetition, which may come when the version has begun. */
    private void check(Instant effectiveFrom, Instant now) {
        if (effectiveFrom.isBefore(now.plus(lead))) {
            throw TimeRange.invalid("effective_from", "must lie at least " + lead + " ahead");
        }
        if (!effectiveFrom.isBefore(LATEST)) {
            throw TimeRange.invalid("effective_from", "must lie before the year 2200");
        }
    }
}
