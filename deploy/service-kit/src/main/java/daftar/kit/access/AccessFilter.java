package daftar.kit.access;

import daftar.kit.problem.Problem;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.security.identity.CurrentIdentityAssociation;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Holds every request against the {@link Access} rule of its endpoint; without a rule nobody passes. */
public class AccessFilter {

    private final CurrentIdentityAssociation identities;
    private final CurrentCaller current;

    @Inject
    AccessFilter(CurrentIdentityAssociation identities, CurrentCaller current) {
        this.identities = identities;
        this.current = current;
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
        return identities.getDeferredIdentity().map(identity -> {
            if (identity.isAnonymous()) {
                throw new UnauthorizedException("this endpoint needs an access token");
            }
            Caller caller = callerOf(identity);
            if (access == null || !allows(access, caller, request)) {
                throw Problem.FORBIDDEN.because("The access token does not allow this.");
            }
            current.set(caller);
            return null;
        });
    }

    private static boolean allows(Access access, Caller caller, ContainerRequestContext request) {
        return kinds(access).stream().anyMatch(kind -> switch (kind) {
            case ANYONE -> true;
            case PERSON -> caller.isPerson() && isAbout(caller.userId(), access.person(), request);
            case SERVICE -> caller.isService() && caller.scopes().contains(access.scope());
            case SUPPORT, ADMINISTRATOR ->
                caller.isPerson() && caller.roles().contains(kind.name().toLowerCase(Locale.ROOT));
        });
    }

    private static Set<Caller.Kind> kinds(Access access) {
        return Set.copyOf(Arrays.asList(access.value()));
    }

    private static boolean isAbout(UUID person, String parameter, ContainerRequestContext request) {
        String named = request.getUriInfo().getPathParameters().getFirst(parameter);
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
            return new Caller(null, clientId, words(token.getClaim("scope")), Set.of());
        }
        try {
            return new Caller(UUID.fromString(subject), null, Set.of(), identity.getRoles());
        } catch (IllegalArgumentException notOurs) {
            throw new UnauthorizedException("the access token's subject is not a user id", notOurs);
        }
    }

    private static Set<String> words(String text) {
        return text == null || text.isBlank() ? Set.of() : new LinkedHashSet<>(Arrays.asList(text.split(" ")));
    }
}
