package daftar.usage.rollup;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.usage.log.TimeRange;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
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

/** A user's usage over HTTP, added up. */
@Path("/v1/users/{user_id}/usage")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "usage", description = "What a user used")
class UsageResource {

    private static final int SERVICE_NAME_LENGTH = 50;
    private static final String BY_SERVICE = "service_name";
    private static final String BY_NOTHING = "none";
    private static final Set<String> TIME_ZONES = Set.copyOf(ZoneId.getAvailableZoneIds());

    private final UsageRollups rollups;
    private final Clock clock;

    @Inject
    UsageResource(UsageRollups rollups, Clock clock) {
        this.rollups = rollups;
        this.clock = clock;
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(
            summary = "Add up what a user used",
            description = "By bucket of local time, and by service or over all of them; buckets in which nothing was "
                    + "used are left out. Usage is added up by the minute: the answer says from and to which minute. "
                    + "A user of whom nothing is known has used nothing.")
    @APIResponse(responseCode = "200", description = "The sums, by bucket_start and service_name")
    @APIResponse(responseCode = "400", description = "A time cannot be read")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule, or makes more than 10,000 buckets")
    public Uni<Usage> usage(
            @PathParam("user_id") UUID userId,
            @Parameter(
                            description =
                                    "RFC 3339, inclusive, taken back to the whole minute; 30 days before `to` when absent")
                    @QueryParam("from")
                    String from,
            @Parameter(description = "RFC 3339, exclusive, put forward to the whole minute; now when absent")
                    @QueryParam("to")
                    String to,
            @Parameter(description = "minute, hour, day or month") @QueryParam("bucket") @DefaultValue("day")
                    String bucket,
            @Parameter(description = "service_name, or none for one sum over all services")
                    @QueryParam("group_by")
                    @DefaultValue(BY_SERVICE)
                    String groupBy,
            @Parameter(description = "IANA time zone, as in Africa/Cairo") @QueryParam("time_zone") @DefaultValue("UTC")
                    String timeZone,
            @Parameter(description = "only this service")
                    @QueryParam("service_name")
                    @Size(min = 1, max = SERVICE_NAME_LENGTH)
                    @Pattern(regexp = "[^\\x00]*")
                    String serviceName) {
        TimeRange range = TimeRange.parse(from, to, clock.instant()).wholeMinutes();
        Bucket pieces = Bucket.parse(bucket);
        ZoneId zone = zone(timeZone);
        pieces.limit(range, zone);
        return rollups.sums(userId, range, pieces, zone, byService(groupBy), serviceName)
                .map(sums -> new Usage(userId, range.from(), range.to(), pieces.wireName(), zone.getId(), sums));
    }

    private static boolean byService(String groupBy) {
        return switch (groupBy) {
            case BY_SERVICE -> true;
            case BY_NOTHING -> false;
            default -> throw TimeRange.invalid("group_by", "must be one of service_name, none");
        };
    }

    /** Region names alone: an offset has no calendar, and abbreviations mean different zones to different people. */
    private static ZoneId zone(String name) {
        if (!TIME_ZONES.contains(name) || name.startsWith("SystemV/")) {
            throw TimeRange.invalid("time_zone", "must be an IANA time zone, as in Africa/Cairo");
        }
        return ZoneId.of(name);
    }
}
