package daftar.usage.log;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.usage.log.UsageExport.JsonLines;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestMulti;

/** A user's rows of usage as a file. */
@Path("/v1/users/{user_id}/usage/export")
@Tag(name = "usage", description = "What a user used")
class UsageExportResource {

    private static final String CSV = "text/csv";
    private static final String NDJSON = "application/x-ndjson";

    private static final MediaType CSV_TYPE = MediaType.valueOf(CSV);

    private final UsageExport export;
    private final Clock clock;

    @Inject
    UsageExportResource(UsageExport export, Clock clock) {
        this.export = export;
        this.clock = clock;
    }

    @GET
    @Produces(CSV)
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(
            summary = "Export what a user used, row by row, oldest first",
            description = "As CSV (RFC 4180; the default) or, for Accept: application/x-ndjson, as one JSON object a "
                    + "line. In CSV a text that begins as a formula does is preceded by an apostrophe. The connection "
                    + "is cut where the export cannot go on: what did not end as HTTP says is not whole.")
    @APIResponse(
            responseCode = "200",
            description = "All rows",
            content = {
                @Content(mediaType = CSV, schema = @Schema(type = SchemaType.STRING)),
                @Content(mediaType = NDJSON, schema = @Schema(type = SchemaType.STRING))
            })
    @APIResponse(responseCode = "400", description = "A time cannot be read")
    @APIResponse(responseCode = "422", description = "A parameter breaks a rule")
    public RestMulti<String> csv(
            @Context HttpHeaders headers,
            @PathParam("user_id") UUID userId,
            @Parameter(description = "RFC 3339, inclusive; 30 days before `to` when absent") @QueryParam("from")
                    String from,
            @Parameter(description = "RFC 3339, exclusive; now when absent") @QueryParam("to") String to) {
        // this method gets what no method produces, too
        if (headers.getAcceptableMediaTypes().stream().noneMatch(CSV_TYPE::isCompatible)) {
            throw new NotAcceptableException();
        }
        return file("usage.csv", export.csv(userId, TimeRange.parse(from, to, clock.instant())));
    }

    /** The same for whom prefers it; the document tells of both in one. */
    @GET
    @Produces(NDJSON)
    @Access(
            value = {Kind.PERSON, Kind.GUARDIAN, Kind.SERVICE, Kind.SUPPORT, Kind.ADMINISTRATOR},
            scope = "usage:read")
    @Operation(hidden = true)
    public RestMulti<JsonLines> ndjson(
            @PathParam("user_id") UUID userId, @QueryParam("from") String from, @QueryParam("to") String to) {
        return file("usage.ndjson", export.ndjson(userId, TimeRange.parse(from, to, clock.instant())));
    }

    private static <T> RestMulti<T> file(String name, Multi<T> text) {
        return RestMulti.fromMultiData(text)
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + name + "\"")
                .build();
    }
}
