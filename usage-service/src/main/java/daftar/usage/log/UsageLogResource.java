package daftar.usage.log;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.page.Page.Cursor;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** A user's usage over HTTP, row by row. */
@Path("/v1/users/{user_id}/usage/logs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "usage", description = "What a user used")
class UsageLogResource {

    private static final int LARGEST_PAGE = 500;

    private final UsageLogs logs;
    private final Clock clock;

    @Inject
    UsageLogResource(UsageLogs logs, Clock clock) {
        this.logs = logs;
        this.clock = clock;
    }

    @GET
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(summary = "List what a user used, row by row, newest first")
    @APIResponse(responseCode = "200", description = "A page of rows")
    @APIResponse(responseCode = "400", description = "A time or the cursor cannot be read")
    @APIResponse(responseCode = "409", description = "This instance cannot read the archive")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public Uni<UsageLogPage> logs(
            @PathParam("user_id") UUID userId,
            @Parameter(description = "RFC 3339, inclusive; 30 days before `to` when absent") @QueryParam("from")
                    String from,
            @Parameter(description = "RFC 3339, exclusive; now when absent") @QueryParam("to") String to,
            @Parameter(description = "next_cursor of the page before") @QueryParam("cursor") String cursor,
            @QueryParam("limit") @DefaultValue("100") @Min(1) @Max(LARGEST_PAGE) int limit,
            @Parameter(
                            description =
                                    "true lists what is archived too, which is slower; a page of it can be shorter "
                                            + "than `limit`, even empty, and still have a `next_cursor`",
                            schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "false"))
                    @QueryParam("archive")
                    @DefaultValue("false")
                    @Pattern(regexp = "true|false", message = "must be true or false")
                    String archive) {
        TimeRange range = TimeRange.parse(from, to, clock.instant());
        Cursor after = cursor == null ? null : Cursor.parse(cursor);
        return logs.page(userId, range, after, limit, Boolean.parseBoolean(archive));
    }
}
