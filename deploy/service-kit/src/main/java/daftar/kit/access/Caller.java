package daftar.kit.access;

import io.quarkus.runtime.util.HashUtil;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.RequestScoped;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;

/**
 * Who is calling, as a verified access token says it.
 *
 * @param userId the person's id, null when the caller is a service
 * @param clientId the service's client id, null when the caller is a person
 * @param scopes what a service was allowed to do; empty for persons
 * @param roles {@code support} and {@code administrator} for staff; empty for everybody else
 * @param emailHash of the person's verified address, as {@link #emailHash(String)} has it; null where none is known
 */
public record Caller(
        @Nullable UUID userId,
        @Nullable String clientId,
        Set<String> scopes,
        Set<String> roles,
        @Nullable String emailHash) {

    /** The kinds of caller that an {@link Access} rule can let in. */
    public enum Kind {
        /** Everybody, with or without a token. */
        ANYONE,
        /** The person whose id stands in the path, or any person where the path names none. */
        PERSON,
        /** A person whose verified e-mail address a decision about the path's person was made with. */
        GUARDIAN,
        /** Another service, with the scope that the rule names. */
        SERVICE,
        /** Support staff. */
        SUPPORT,
        /** An administrator. */
        ADMINISTRATOR
    }

    /** A caller without a token. */
    public static final Caller NOBODY = new Caller(null, null, Set.of(), Set.of(), null);

    public Caller {
        scopes = Set.copyOf(scopes);
        roles = Set.copyOf(roles);
    }

    /** By what an address is known again and cannot be written to: SHA-256, hexadecimal, of it in lower case. */
    public static String emailHash(String email) {
        return HashUtil.sha256(email.toLowerCase(Locale.ROOT));
    }

    boolean isService() {
        return clientId != null;
    }

    boolean isPerson() {
        return userId != null;
    }

    /** The caller of the request being served, as {@link AccessFilter} verified it. */
    @RequestScoped
    public static class Current {

        private Caller caller = NOBODY;

        void set(Caller verified) {
            this.caller = verified;
        }

        /** The caller; {@link #NOBODY} on endpoints that everybody may call. */
        public Caller get() {
            return caller;
        }
    }
}
