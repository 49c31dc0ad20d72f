package daftar.identity.token;

import daftar.identity.token.OAuthFailure.Code;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Nullable;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Knows the configured services and whether a caller is one of them. */
@ApplicationScoped
class ClientAuthentication {

    private static final int SECRET_LENGTH = 16;
    private static final String BASIC = "Basic ";

    /** A service that has proved who it is. */
    record Authenticated(String clientId, Set<String> scopes) {}

    private record Known(String secretDigest, Set<String> scopes) {}

    /** Compared with when there is no such client, so that the time says nothing. */
    private static final String NOBODYS = "0".repeat(64);

    private final Map<String, Known> clients;

    @Inject
    ClientAuthentication(Clients configured) {
        this.clients = configured.byId().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, entry -> known(entry.getKey(), entry.getValue())));
    }

    /** Makes the configuration be read, and refused, at start rather than at the first request. */
    void start(@Observes @Priority(5) StartupEvent event) {
        if (clients.containsKey(AccessTokens.APP_CLIENT)) {
            throw new IllegalStateException(
                    "daftar.clients." + AccessTokens.APP_CLIENT + " is the client of persons: choose another id.");
        }
    }

    /**
     * Who is calling, by HTTP Basic or by the form's fields, never by both (RFC 6749 section 2.3).
     *
     * @throws OAuthFailure invalid_client, invalid_request
     */
    Authenticated authenticate(
            @Nullable String authorization, @Nullable String clientId, @Nullable String clientSecret) {
        if (authorization == null) {
            return verify(clientId, clientSecret);
        }
        if (clientSecret != null) {
            throw new OAuthFailure(Code.INVALID_REQUEST, "The client is authenticated in two ways at once.");
        }
        if (!authorization.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            throw unknown();
        }
        String[] pair = decoded(authorization.substring(BASIC.length()).strip());
        if (clientId != null && !clientId.equals(pair[0])) {
            throw new OAuthFailure(Code.INVALID_REQUEST, "Two different clients are named.");
        }
        return verify(pair[0], pair[1]);
    }

    private Authenticated verify(@Nullable String clientId, @Nullable String secret) {
        if (clientId == null || secret == null) {
            throw unknown();
        }
        Known known = clients.get(clientId);
        String expected = known == null ? NOBODYS : known.secretDigest();
        boolean matches = MessageDigest.isEqual(
                expected.getBytes(StandardCharsets.US_ASCII), digest(secret).getBytes(StandardCharsets.US_ASCII));
        if (known == null || !matches) {
            throw unknown();
        }
        return new Authenticated(clientId, known.scopes());
    }

    /** Id and secret are form-encoded before they are put into the header (RFC 6749 section 2.3.1). */
    private static String[] decoded(String base64) {
        try {
            String text = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
            int colon = text.indexOf(':');
            if (colon < 0) {
                throw unknown();
            }
            return new String[] {
                URLDecoder.decode(text.substring(0, colon), StandardCharsets.UTF_8),
                URLDecoder.decode(text.substring(colon + 1), StandardCharsets.UTF_8)
            };
        } catch (IllegalArgumentException malformed) {
            throw unknown();
        }
    }

    private static OAuthFailure unknown() {
        return new OAuthFailure(Code.INVALID_CLIENT, "The client is unknown or its secret is wrong.");
    }

    private static Known known(String id, Clients.Client client) {
        if (client.secret().length() < SECRET_LENGTH) {
            throw new IllegalStateException(
                    "daftar.clients." + id + ".secret is too short: give it at least 16 random characters.");
        }
        return new Known(digest(client.secret()), words(client.scopes()));
    }

    /** The words of a scope, in order, each once. */
    static Set<String> words(String scope) {
        return Arrays.stream(scope.split(" "))
                .filter(word -> !word.isBlank())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Equal lengths whatever the secrets are: the comparison takes the same time for each. */
    private static String digest(String secret) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
