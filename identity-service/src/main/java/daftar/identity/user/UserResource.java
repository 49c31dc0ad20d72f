package daftar.identity.user;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import daftar.kit.access.Caller.Kind;
import daftar.kit.request.EntityTag;
import daftar.kit.request.Idempotency;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/** Persons. */
@Path("/v1/users")
@Tag(name = "users")
class UserResource {

    /** The members that a merge patch may have; for the API's description alone. */
    @Schema(name = "UserPatch")
    record PatchDocument(@Nullable String phone, @Nullable Object profile) {}

    private final Users users;
    private final Caller.Current caller;
    private final ObjectMapper json;

    @Inject
    UserResource(Users users, Caller.Current caller, ObjectMapper json) {
        this.users = users;
        this.caller = caller;
        this.json = json;
    }

    @POST
    @Access(Kind.ANYONE)
    @Operation(summary = "Register")
    @APIResponse(
            responseCode = "201",
            description = "Registered: Location, ETag",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = UserView.class)))
    @APIResponse(responseCode = "409", description = "#conflict: the e-mail address is taken")
    @APIResponse(responseCode = "422", description = "#invalid-input")
    @APIResponse(responseCode = "503", description = "#unavailable: too many at once")
    public Uni<RestResponse<UserView>> register(
            @HeaderParam(Idempotency.HEADER) @Nullable String idempotencyKey,
            @Valid @NotNull Registration registration) {
        return users.register(registration, idempotencyKey)
                .map(user -> ResponseBuilder.<UserView>created(
                                URI.create("/v1/users/" + user.view().id()))
                        .entity(user.view())
                        .header(HttpHeaders.ETAG, EntityTag.of(user.version()))
                        .build());
    }

    @GET
    @Path("/me")
    @Access({Kind.PERSON, Kind.SUPPORT, Kind.ADMINISTRATOR})
    @Operation(summary = "Read oneself")
    @APIResponse(responseCode = "200", description = "The caller: ETag")
    @APIResponse(responseCode = "401", description = "#unauthenticated")
    public Uni<RestResponse<UserView>> me() {
        return users.find(caller.get().userId()).map(UserResource::ok);
    }

    @GET
    @Path("/{user_id}")
    @Access(
            value = {Kind.PERSON, Kind.SUPPORT, Kind.ADMINISTRATOR, Kind.SERVICE},
            scope = "users:read")
    @Operation(summary = "Read a person")
    @APIResponse(responseCode = "200", description = "The person: ETag")
    @APIResponse(responseCode = "401", description = "#unauthenticated")
    @APIResponse(responseCode = "403", description = "#forbidden")
    @APIResponse(responseCode = "404", description = "#not-found")
    public Uni<RestResponse<UserView>> read(@RestPath("user_id") UUID userId) {
        return users.find(userId).map(UserResource::ok);
    }

    /** The body is read here: only here is it known that it must be an object, and that null means something. */
    @PATCH
    @Path("/{user_id}")
    @Consumes("application/merge-patch+json")
    @Access({Kind.PERSON, Kind.ADMINISTRATOR})
    @Operation(summary = "Change a person's phone and profile by a JSON merge patch (RFC 7396)")
    @RequestBody(content = @Content(schema = @Schema(implementation = PatchDocument.class)))
    @APIResponse(responseCode = "200", description = "Changed: ETag")
    @APIResponse(responseCode = "400", description = "#malformed-request")
    @APIResponse(responseCode = "401", description = "#unauthenticated")
    @APIResponse(responseCode = "403", description = "#forbidden")
    @APIResponse(responseCode = "404", description = "#not-found")
    @APIResponse(responseCode = "412", description = "#outdated: changed in the meantime")
    @APIResponse(responseCode = "422", description = "#invalid-input")
    @APIResponse(responseCode = "428", description = "#precondition-required: If-Match is missing")
    public Uni<RestResponse<UserView>> change(
            @RestPath("user_id") UUID userId, @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch, String body)
            throws JsonProcessingException {
        String basedOn = EntityTag.required(ifMatch);
        JsonNode document = json.readTree(body);
        return users.change(userId, basedOn, UserPatch.read(document)).map(UserResource::ok);
    }

    private static RestResponse<UserView> ok(UserView.Versioned user) {
        return ResponseBuilder.ok(user.view())
                .header(HttpHeaders.ETAG, EntityTag.of(user.version()))
                .build();
    }
}
