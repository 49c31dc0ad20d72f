package daftar.usage.log;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** A user's usage over HTTP. */
@Path("/v1/users/{user_id}/usage")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "usage", description = "What a user used")
class UsageResource {

    private static final int SERVICE_NAME_LENGTH = 50;
    private static final int LARGEST_PAGE = 500;
    private static final Set<String> TIME_ZONES = Set.copyOf(ZoneId.getAvailableZoneIds());

    private final UsageLogs logs;
    private final Clock clock;

    @Inject
    UsageResource(UsageLogs logs, Clock clock) {
        this.logs = logs;
        this.clock = clock;
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(
            summary = "Add up what a user used",
            description = "By bucket of local time and by service; buckets in which nothing was used are left "
                    + "out. A user of whom nothing is known has used nothing.")
    @APIResponse(responseCode = "200", description = "The sums, by bucket_start and service_name")
    @APIResponse(responseCode = "400", description = "A time cannot be read")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule, or makes more than 10,000 buckets")
    public Uni<Usage> usage(
            @PathParam("user_id") UUID userId,
            @Parameter(description = "RFC 3339, inclusive; 30 days before `to` when absent") @QueryParam("from")
                    String from,
            @Parameter(description = "RFC 3339, exclusive; now when absent") @QueryParam("to") String to,
            @Parameter(description = "hour, day or month") @QueryParam("bucket") @DefaultValue("day") String bucket,
            @Parameter(description = "IANA time zone, as in Africa/Cairo") @QueryParam("time_zone") @DefaultValue("UTC")
                    String timeZone,
            @Parameter(description = "only this service")
                    @QueryParam("service_name")
                    @Size(min = 1, max = SERVICE_NAME_LENGTH)
                    @Pattern(regexp = "[^\\x00]*")
                    String serviceName) {
        TimeRange range = TimeRange.parse(from, to, clock.instant());
        Bucket pieces = Bucket.parse(bucket);
        ZoneId zone = zone(timeZone);
        pieces.limit(range, zone);
        return logs.sums(userId, range, pieces, zone, serviceName)
                .map(sums -> new Usage(userId, range.from(), range.to(), pieces.wireName(), zone.getId(), sums));
    }

    @GET
    @Path("/logs")
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(summary = "List what a user used, row by row, newest first")
    @APIResponse(responseCode = "200", description = "A page of rows")
    @APIResponse(responseCode = "400", description = "A time or the cursor cannot be read")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<Page<UsageLog>> logs(
            @PathParam("user_id") UUID userId,
            @Parameter(description = "RFC 3339, inclusive; 30 days before `to` when absent") @QueryParam("from")
                    String from,
            @Parameter(description = "RFC 3339, exclusive; now when absent") @QueryParam("to") String to,
            @Parameter(description = "next_cursor of the page before") @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("100") @Min(1) @Max(LARGEST_PAGE) int limit) {
        TimeRange range = TimeRange.parse(from, to, clock.instant());
        Cursor after = cursor == null ? null : Cursor.parse(cursor);
        return logs.page(userId, range, after, limit);
    }

    /** Region names alone: an offset has no calendar, and abbreviations mean different zones to different people. */
    private static ZoneId zone(String name) {
        if (!TIME_ZONES.contains(name) || name.startsWith("SystemV/")) {
            throw TimeRange.invalid("time_zone", "must be an IANA time zone, as in Africa/Cairo");
        }
        return ZoneId.of(name);
    }
}
