package daftar.usage.ingest;

import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.usage.ingest.Judgement.Item;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Usage events over HTTP, for producers that do not speak Kafka. */
@Path("/v1/usage-events")
@Tag(name = "usage events", description = "What services report as used")
class UsageEventsResource {

    private final PostedEvents posted;

    @Inject
    UsageEventsResource(PostedEvents posted) {
        this.posted = posted;
    }

    /**
     * What became of a request's events.
     *
     * @param items one for each event, in order
     */
    record Items(List<Item> items) {}

    @POST
    @Consumes({PostedBody.BATCH, PostedBody.SINGLE})
    @ResponseStatus(202)
    @Access(value = Kind.SERVICE, scope = "usage:write")
    @Operation(
            summary = "Send usage events",
            description =
                    "One CloudEvents 1.0 event of type daftar.usage.recorded.v1 in JSON, of at most 64 KiB, or an "
                            + "array of 1 to " + PostedBody.MOST
                            + "; together at most 1 MiB. The answer says of each, in "
                            + "order: accepted (it is in topic usage-events, and counts in a moment), duplicate (an event with "
                            + "its id that says the same has counted, or stands before it), conflict (the other event with its "
                            + "id says something else, and stands; this one is kept for an operator) or rejected (it can never "
                            + "count as it is: reason and pointer say why). An Idempotency-Key is not needed: an event's id "
                            + "counts once however often it is sent, so after a 503 or no answer send the same again.")
    @RequestBody(
            required = true,
            content = {
                @Content(
                        mediaType = PostedBody.BATCH,
                        schema =
                                @Schema(
                                        type = SchemaType.ARRAY,
                                        minItems = 1,
                                        maxItems = PostedBody.MOST,
                                        implementation = Object.class)),
                @Content(mediaType = PostedBody.SINGLE, schema = @Schema(type = SchemaType.OBJECT))
            })
    @APIResponse(
            responseCode = "202",
            description = "What became of each event; at least one was not rejected",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = Items.class)))
    @APIResponse(responseCode = "400", description = "The body is no JSON, or not what its media type says")
    @APIResponse(
            responseCode = "422",
            description = "No event, more than " + PostedBody.MOST + ", or all rejected: errors says of each why")
    @APIResponse(responseCode = "503", description = "Some may not have been taken: send the same again")
    public Uni<Items> take(
            byte[] body, @HeaderParam(HttpHeaders.CONTENT_TYPE) @Schema(hidden = true) MediaType mediaType) {
        boolean batch = MediaType.valueOf(PostedBody.BATCH).isCompatible(mediaType);
        return posted.take(body, batch).map(Items::new);
    }
}
