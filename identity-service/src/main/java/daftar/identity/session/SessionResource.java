package daftar.identity.session;

import daftar.identity.session.Refreshed.Renewed;
import daftar.identity.token.AccessTokens;
import daftar.kit.access.Access;
import daftar.kit.access.Caller.Kind;
import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.Cache;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/** Logins: opened by a password, kept alive by refresh tokens, ended by a logout. */
@Path("/v1/sessions")
@Tag(name = "sessions")
class SessionResource {

    private static final String NO_NUL = "[^\\x00]*";

    /** What a person logs in with. */
    record Credentials(
            @NotNull @Size(max = 255) @Pattern(regexp = NO_NUL, message = "must not hold the character NUL")
            String email,

            @NotNull @Size(max = 256) String password) {

        @Override
        public String toString() {
            return "Credentials[...]";
        }
    }

    /** A refresh token as it was handed out. */
    record Presented(@NotNull @Size(max = 200) String refreshToken) {

        @Override
        public String toString() {
            return "Presented[...]";
        }
    }

    /**
     * The tokens of a session.
     *
     * @param expiresIn seconds that the access token is valid
     * @param refreshExpiresIn seconds after which the session ends unless it is refreshed before
     */
    record SessionView(
            String accessToken,
            String tokenType,
            long expiresIn,
            String refreshToken,
            long refreshExpiresIn,
            UUID userId) {

        @Override
        public String toString() {
            return "SessionView[" + userId + "]";
        }
    }

    private final Login login;
    private final Sessions sessions;
    private final AccessTokens tokens;
    private final Clock clock;

    @Inject
    SessionResource(Login login, Sessions sessions, AccessTokens tokens, Clock clock) {
        this.login = login;
        this.sessions = sessions;
        this.tokens = tokens;
        this.clock = clock;
    }

    @POST
    @Access(Kind.ANYONE)
    @Operation(summary = "Log in")
    @APIResponse(
            responseCode = "201",
            description = "The session's tokens",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = SessionView.class)))
    @APIResponse(responseCode = "401", description = "#wrong-credentials")
    @APIResponse(responseCode = "422", description = "#invalid-input")
    @APIResponse(responseCode = "503", description = "#unavailable: too many at once")
    public Uni<RestResponse<SessionView>> open(@Valid @NotNull Credentials credentials) {
        return login.login(credentials.email(), credentials.password())
                .map(outcome -> view(outcome, "E-mail address and password do not belong together."))
                .map(view -> ResponseBuilder.create(RestResponse.Status.CREATED, view)
                        .header(HttpHeaders.CACHE_CONTROL, "no-store")
                        .build());
    }

    @POST
    @Path("/refresh")
    @Access(Kind.ANYONE)
    @Cache(noStore = true)
    @Operation(summary = "Exchange a refresh token for its successor and a new access token")
    @APIResponse(responseCode = "200", description = "The session's tokens")
    @APIResponse(responseCode = "401", description = "#wrong-credentials: unknown, expired, revoked or used before")
    public Uni<SessionView> refresh(@Valid @NotNull Presented presented) {
        return RefreshToken.parse(presented.refreshToken())
                .map(sessions::refresh)
                .orElseGet(() -> Uni.createFrom().item(new Refreshed.Refused()))
                .map(outcome -> view(outcome, "The refresh token is not valid."));
    }

    /** As RFC 7009 section 2.2 has it: an unknown token is no error, its holder wanted it dead and it is. */
    @POST
    @Path("/revoke")
    @Access(Kind.ANYONE)
    @Operation(summary = "Log out: end the session of a refresh token")
    @APIResponse(responseCode = "204", description = "The token is worth nothing now, whether or not it was before")
    public Uni<Void> revoke(@Valid @NotNull Presented presented) {
        return RefreshToken.parse(presented.refreshToken())
                .map(sessions::revoke)
                .orElseGet(() -> Uni.createFrom().voidItem());
    }

    private SessionView view(Refreshed outcome, String refusal) {
        if (!(outcome instanceof Renewed renewed)) {
            throw Problem.WRONG_CREDENTIALS.because(refusal);
        }
        Refreshed.Person person = renewed.person();
        return new SessionView(
                tokens.forPerson(person.userId(), person.roles(), person.verifiedEmail()),
                "Bearer",
                AccessTokens.LIFETIME.toSeconds(),
                renewed.token().text(),
                Duration.between(clock.instant(), renewed.expiresAt()).toSeconds(),
                person.userId());
    }
}
