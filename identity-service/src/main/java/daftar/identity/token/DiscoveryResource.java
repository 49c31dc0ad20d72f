package daftar.identity.token;

import daftar.kit.access.Access;
import daftar.kit.access.Caller;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.Cache;

/** What a verifier of access tokens needs to know: the issuer's description and its public keys. */
@Path("/.well-known")
@Tag(name = "tokens")
class DiscoveryResource {

    /** OpenID Connect Discovery 1.0 section 3, as far as it applies: there is no authorization endpoint. */
    record Discovery(
            String issuer,
            String jwksUri,
            String tokenEndpoint,
            List<String> grantTypesSupported,
            List<String> responseTypesSupported,
            List<String> subjectTypesSupported,
            List<String> idTokenSigningAlgValuesSupported,
            List<String> tokenEndpointAuthMethodsSupported) {}

    /** RFC 7517 section 5. */
    record KeySet(List<Map<String, Object>> keys) {}

    private final SigningKeys signingKeys;
    private final String issuer;

    @Inject
    DiscoveryResource(SigningKeys signingKeys, @ConfigProperty(name = "daftar.issuer") String issuer) {
        this.signingKeys = signingKeys;
        this.issuer = issuer;
    }

    @GET
    @Path("/jwks.json")
    @Access(Caller.Kind.ANYONE)
    @Cache(maxAge = 300)
    @Operation(summary = "The public keys that access tokens are signed with, now or soon")
    @APIResponse(responseCode = "200", description = "A JSON Web Key Set (RFC 7517)")
    public Uni<KeySet> jwks() {
        return Uni.createFrom().item(() -> new KeySet(signingKeys.published()));
    }

    @GET
    @Path("/openid-configuration")
    @Access(Caller.Kind.ANYONE)
    @Cache(maxAge = 300)
    @Operation(summary = "The issuer's description of itself")
    @APIResponse(responseCode = "200", description = "OpenID Connect Discovery 1.0")
    public Uni<Discovery> openidConfiguration() {
        return Uni.createFrom()
                .item(new Discovery(
                        issuer,
                        issuer + "/.well-known/jwks.json",
                        issuer + "/oauth2/token",
                        List.of("client_credentials"),
                        List.of("none"),
                        List.of("public"),
                        List.of("ES256"),
                        List.of("client_secret_basic", "client_secret_post")));
    }
}
