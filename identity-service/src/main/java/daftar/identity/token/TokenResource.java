package daftar.identity.token;

import daftar.identity.token.OAuthFailure.Code;
import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.Cache;
import org.jboss.resteasy.reactive.RestForm;

/** Gives services their access tokens: OAuth 2.0 client credentials (RFC 6749 section 4.4). */
@Path("/oauth2/token")
@Tag(name = "tokens")
class TokenResource {

    /** RFC 6749 section 5.1. */
    record Granted(String accessToken, String tokenType, long expiresIn, String scope) {}

    private final ClientAuthentication clients;
    private final AccessTokens tokens;

    @Inject
    TokenResource(ClientAuthentication clients, AccessTokens tokens) {
        this.clients = clients;
        this.tokens = tokens;
    }

    @POST
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Access(Caller.Kind.ANYONE)
    @Cache(noStore = true)
    @Operation(summary = "Fetch an access token for a service")
    @APIResponse(responseCode = "200", description = "The token (RFC 6749 section 5.1)")
    @APIResponse(
            responseCode = "400",
            description = "invalid_request, invalid_scope, unsupported_grant_type",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = OAuthFailure.Body.class)))
    @APIResponse(
            responseCode = "401",
            description = "invalid_client",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = OAuthFailure.Body.class)))
    public Uni<Granted> token(
            @HeaderParam(HttpHeaders.AUTHORIZATION) @Nullable String authorization,
            @RestForm("grant_type") List<String> grantType,
            @RestForm("client_id") List<String> clientId,
            @RestForm("client_secret") List<String> clientSecret,
            @RestForm("scope") List<String> scope) {
        return Uni.createFrom().item(() -> {
            String grant = single(grantType);
            if (grant == null) {
                throw new OAuthFailure(Code.INVALID_REQUEST, "grant_type is missing.");
            }
            ClientAuthentication.Authenticated client =
                    clients.authenticate(authorization, single(clientId), single(clientSecret));
            if (!grant.equals("client_credentials")) {
                throw new OAuthFailure(Code.UNSUPPORTED_GRANT_TYPE, "Only client_credentials is supported.");
            }
            Set<String> granted = granted(client.scopes(), single(scope));
            return new Granted(
                    tokens.forClient(client.clientId(), granted),
                    "Bearer",
                    AccessTokens.LIFETIME.toSeconds(),
                    String.join(" ", granted));
        });
    }

    /** What is asked for, where all of it is allowed; everything that is allowed where nothing is asked for. */
    private static Set<String> granted(Set<String> allowed, @Nullable String asked) {
        if (asked == null || asked.isBlank()) {
            return allowed;
        }
        Set<String> words = ClientAuthentication.words(asked);
        if (!allowed.containsAll(words)) {
            throw new OAuthFailure(Code.INVALID_SCOPE, "The client may not have a scope that it asks for.");
        }
        return words;
    }

    @Nullable
    private static String single(@Nullable List<String> values) {
        if (values == null || values.isEmpty()) {
            return null;
        }
        if (values.size() > 1) {
            throw new OAuthFailure(Code.INVALID_REQUEST, "A parameter is given twice.");
        }
        return values.get(0);
    }
}
