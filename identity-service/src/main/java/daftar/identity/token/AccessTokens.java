package daftar.identity.token;

import daftar.kit.access.Caller;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.lang.JoseException;

/** Issues access tokens: JWTs of RFC 9068, signed with ES256, valid for five minutes. */
@ApplicationScoped
public class AccessTokens {

    /** How long an access token is valid. */
    public static final Duration LIFETIME = Duration.ofMinutes(5);

    /** The client that persons use; a service's token names the service itself. */
    static final String APP_CLIENT = "daftar-app";

    private static final String AUDIENCE = "daftar";

    private final SigningKeys keys;
    private final Clock clock;
    private final String issuer;

    @Inject
    AccessTokens(SigningKeys keys, Clock clock, @ConfigProperty(name = "daftar.issuer") String issuer) {
        this.keys = keys;
        this.clock = clock;
        this.issuer = issuer;
    }

    /**
     * A token for a person.
     *
     * @param roles {@code support}, {@code administrator}; empty for everybody who is not staff
     * @param verifiedEmail the address that the person has proved to be theirs; null where they have not.
     *     The token holds its hash, which lets them in as a guardian where they were named as one
     */
    public String forPerson(UUID userId, Collection<String> roles, @Nullable String verifiedEmail) {
        JwtClaims claims = claims(userId.toString(), APP_CLIENT);
        if (verifiedEmail != null) {
            claims.setStringClaim("email_hash", Caller.emailHash(verifiedEmail));
        }
        if (!roles.isEmpty()) {
            claims.setStringListClaim("roles", List.copyOf(roles));
        }
        return sign(claims);
    }

    /** A token for a service that proved its secret. */
    String forClient(String clientId, Collection<String> scopes) {
        JwtClaims claims = claims(clientId, clientId);
        claims.setStringClaim("scope", String.join(" ", scopes));
        return sign(claims);
    }

    private JwtClaims claims(String subject, String clientId) {
        long now = clock.instant().getEpochSecond();
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(issuer);
        claims.setAudience(AUDIENCE);
        claims.setSubject(subject);
        claims.setStringClaim("client_id", clientId);
        claims.setIssuedAt(NumericDate.fromSeconds(now));
        claims.setExpirationTime(NumericDate.fromSeconds(now + LIFETIME.toSeconds()));
        claims.setJwtId(UUID.randomUUID().toString());
        return claims;
    }

    private String sign(JwtClaims claims) {
        SigningKey key = keys.signer();
        JsonWebSignature token = new JsonWebSignature();
        token.setHeader("typ", "at+jwt");
        token.setAlgorithmHeaderValue(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
        token.setKeyIdHeaderValue(key.kid());
        token.setKey(key.privateKey());
        token.setPayload(claims.toJson());
        try {
            return token.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException("the token cannot be signed", e);
        }
    }
}
