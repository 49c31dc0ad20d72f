package daftar.kit.access;

import jakarta.annotation.Nullable;
import java.util.Set;
import java.util.UUID;

/**
 * Who is calling, as a verified access token says it.
 *
 * @param userId the person's id, null when the caller is a service
 * @param clientId the service's client id, null when the caller is a person
 * @param scopes what a service was allowed to do; empty for persons
 * @param roles {@code support} and {@code administrator} for staff; empty for everybody else
 */
public record Caller(@Nullable UUID userId, @Nullable String clientId, Set<String> scopes, Set<String> roles) {

    /** The kinds of caller that an {@link Access} rule can let in. */
    public enum Kind {
        /** Everybody, with or without a token. */
        ANYONE,
        /** The person whose id stands in the path, or any person where the path names none. */
        PERSON,
        /** Another service, with the scope that the rule names. */
        SERVICE,
        /** Support staff. */
        SUPPORT,
        /** An administrator. */
        ADMINISTRATOR
    }

    /** A caller without a token. */
    public static final Caller NOBODY = new Caller(null, null, Set.of(), Set.of());

    public Caller {
        scopes = Set.copyOf(scopes);
        roles = Set.copyOf(roles);
    }

    boolean isService() {
        return clientId != null;
    }

    boolean isPerson() {
        return userId != null;
    }
}
