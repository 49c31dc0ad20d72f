package daftar.kit.access;

import daftar.kit.position.Reads;
import daftar.kit.problem.Problem;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Holds every request against the {@link Access} rule of its endpoint; without a rule nobody passes. */
public class AccessFilter {

    /** A guardian who withdrew stays one of that child: so as to see what was decided, and to decide again. */
    private static final String IS_GUARDIAN = """
            SELECT EXISTS (SELECT FROM consent_states WHERE user_id = $1 AND guardian_email_hash = $2) AS is_guardian
            """;

    private final CurrentIdentityAssociation identities;
    private final Caller.Current current;
    private final Reads reads;

    @Inject
    AccessFilter(CurrentIdentityAssociation identities, Caller.Current current, Reads reads) {
        this.identities = identities;
        this.current = current;
        this.reads = reads;
    }

    /**
     * Lets the request pass, or fails it with 401 (no valid token where one is needed) or 403.
     *
     * @return always null, which lets JAX-RS go on
     */
    @ServerRequestFilter(priority = Priorities.AUTHORIZATION)
    public Uni<Response> check(ContainerRequestContext request, ResourceInfo resource) {
        Access access = resource.getResourceMethod().getAnnotation(Access.class);
        if (access != null && kinds(access).contains(Caller.Kind.ANYONE)) {
            return Uni.createFrom().nullItem();
        }
        return identities.getDeferredIdentity().chain(identity -> {
            if (identity.isAnonymous()) {
                throw new UnauthorizedException("this endpoint needs an access token");
            }
            Caller caller = callerOf(identity);
            return allows(access, caller, request).map(allowed -> {
                if (!allowed) {
                    throw Problem.FORBIDDEN.because("The access token does not allow this.");
                }
                current.set(caller);
                return null;
            });
        });
    }

    /** The database is asked only where no other kind fits; while it is away the answer is 503, never a yes. */
    private Uni<Boolean> allows(@Nullable Access access, Caller caller, ContainerRequestContext request) {
        boolean fits = access != null && kinds(access).stream().anyMatch(kind -> fits(kind, access, caller, request));
        if (fits || access == null || !kinds(access).contains(Caller.Kind.GUARDIAN) || caller.emailHash() == null) {
            return Uni.createFrom().item(fits);
        }
        return uuid(named(access, request))
                .map(child -> reads.read(connection -> connection
                        .preparedQuery(IS_GUARDIAN)
                        .execute(Tuple.of(child, caller.emailHash()))
                        .map(rows -> rows.iterator().next().getBoolean("is_guardian"))))
                .orElse(Uni.createFrom().item(false));
    }

    private static boolean fits(Caller.Kind kind, Access access, Caller caller, ContainerRequestContext request) {
        return switch (kind) {
            case ANYONE -> true;
            case PERSON -> caller.isPerson() && isAbout(caller.userId(), named(access, request));
            case GUARDIAN -> false;
            case SERVICE -> caller.isService() && caller.scopes().contains(access.scope());
            case SUPPORT, ADMINISTRATOR ->
                caller.isPerson() && caller.roles().contains(kind.name().toLowerCase(Locale.ROOT));
        };
    }

    private static Set<Caller.Kind> kinds(Access access) {
        return Set.copyOf(Arrays.asList(access.value()));
    }

    @Nullable
    private static String named(Access access, ContainerRequestContext request) {
        return request.getUriInfo().getPathParameters().getFirst(access.person());
    }

    private static boolean isAbout(UUID person, @Nullable String named) {
        return named == null || named.equalsIgnoreCase(person.toString());
    }

    /**
     * Reads the caller from the token's claims. A service's token has its client id as subject (RFC
     * 9068 section 2.2); a person's has the user's id.
     */
    private static Caller callerOf(SecurityIdentity identity) {
        if (!(identity.getPrincipal() instanceof JsonWebToken token) || token.getSubject() == null) {
            throw new UnauthorizedException("the access token names no subject");
        }
        String subject = token.getSubject();
        String clientId = token.getClaim("client_id");
        if (subject.equals(clientId)) {
            return new Caller(null, clientId, words(token.getClaim("scope")), Set.of(), null);
        }
        return uuid(subject)
                .map(userId -> new Caller(userId, null, Set.of(), identity.getRoles(), emailHash(token)))
                .orElseThrow(() -> new UnauthorizedException("the access token's subject is not a user id"));
    }

    /**
     * Our own issuer's claim, which alone counts where it is there; else the address of OpenID Connect Core
     * section 5.1, if its issuer has verified it.
     */
    @Nullable
    private static String emailHash(JsonWebToken token) {
        String hash = token.getClaim("email_hash");
        String email = token.getClaim("email");
        if (hash != null || email == null) {
            return hash;
        }
        // of a type that depends on the issuer and on the library: a boolean, JSON's true, or a text
        Object verified = token.getClaim("email_verified");
        return String.valueOf(verified).equals("true") ? Caller.emailHash(email) : null;
    }

    private static Optional<UUID> uuid(@Nullable String text) {
        try {
            return Optional.ofNullable(text).map(UUID::fromString);
        } catch (IllegalArgumentException notOne) {
            return Optional.empty();
        }
    }

    private static Set<String> words(String text) {
        return text == null || text.isBlank() ? Set.of() : new LinkedHashSet<>(Arrays.asList(text.split(" ")));
    }
}
