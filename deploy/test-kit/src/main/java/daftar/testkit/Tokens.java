package daftar.testkit;

import daftar.kit.access.Caller;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.lang.JoseException;

/** Access tokens as identity issues them, and such as nobody may accept. */
public final class Tokens {

    private static final int LIFE_MINUTES = 5;

    private Tokens() {}

    /** A person's token. */
    public static String person(UUID userId) {
        return sign(claims(userId.toString(), "daftar-app"), Issuer.currentKey());
    }

    /** A member of staff; roles are {@code support} and {@code administrator}. */
    public static String staff(String role) {
        JwtClaims claims = claims(UUID.randomUUID().toString(), "daftar-app");
        claims.setStringListClaim("roles", List.of(role));
        return sign(claims, Issuer.currentKey());
    }

    /** A person who has proved that the address is theirs. */
    public static String guardian(String email) {
        JwtClaims claims = claims(UUID.randomUUID().toString(), "daftar-app");
        claims.setStringClaim("email_hash", Caller.emailHash(email));
        return sign(claims, Issuer.currentKey());
    }

    /** A person of another OpenID Connect issuer, which says whether it has verified the address. */
    public static String withAddress(String email, boolean verified) {
        JwtClaims claims = claims(UUID.randomUUID().toString(), "daftar-app");
        claims.setStringClaim("email", email);
        claims.setClaim("email_verified", verified);
        return sign(claims, Issuer.currentKey());
    }

    /** A service with scopes. */
    public static String service(String... scopes) {
        JwtClaims claims = claims("test-service", "test-service");
        claims.setStringClaim("scope", String.join(" ", scopes));
        return sign(claims, Issuer.currentKey());
    }

    /** A token that was good until an hour ago. */
    public static String expired(UUID userId) {
        JwtClaims claims = claims(userId.toString(), "daftar-app");
        claims.setIssuedAt(
                NumericDate.fromSeconds(Instant.now().minus(Duration.ofHours(2)).getEpochSecond()));
        claims.setExpirationTime(
                NumericDate.fromSeconds(Instant.now().minus(Duration.ofHours(1)).getEpochSecond()));
        return sign(claims, Issuer.currentKey());
    }

    /** Signed with our key, in the name of another issuer. */
    public static String ofAnotherIssuer(UUID userId) {
        JwtClaims claims = claims(userId.toString(), "daftar-app");
        claims.setIssuer("https://issuer.invalid");
        return sign(claims, Issuer.currentKey());
    }

    /** In our issuer's name and with its key's id, signed with another key. */
    public static String forged(UUID userId) {
        return sign(claims(userId.toString(), "daftar-app"), Issuer.newKey("test-key"));
    }

    /** For another audience. */
    public static String forAnotherAudience(UUID userId) {
        JwtClaims claims = claims(userId.toString(), "daftar-app");
        claims.setAudience("another");
        return sign(claims, Issuer.currentKey());
    }

    /** A token whose person was changed after it was signed. */
    public static String tampered(UUID userId) {
        String[] original = person(UUID.randomUUID()).split("\\.", -1);
        String[] wanted = person(userId).split("\\.", -1);
        return original[0] + "." + wanted[1] + "." + original[2];
    }

    /** {@code alg=none}. */
    public static String unsigned(UUID userId) {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
        signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.NONE);
        signature.setPayload(claims(userId.toString(), "daftar-app").toJson());
        return compact(signature);
    }

    /** Every token of this person that must be refused with 401. */
    public static List<String> refused(UUID userId) {
        return List.of(
                expired(userId),
                ofAnotherIssuer(userId),
                forged(userId),
                forAnotherAudience(userId),
                tampered(userId),
                unsigned(userId),
                "no-token-at-all");
    }

    private static JwtClaims claims(String subject, String clientId) {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(Issuer.currentUrl());
        claims.setAudience("daftar");
        claims.setSubject(subject);
        claims.setStringClaim("client_id", clientId);
        claims.setIssuedAtToNow();
        claims.setExpirationTimeMinutesInTheFuture(LIFE_MINUTES);
        claims.setGeneratedJwtId();
        return claims;
    }

    private static String sign(JwtClaims claims, EllipticCurveJsonWebKey key) {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
        signature.setHeader("typ", "at+jwt");
        signature.setKeyIdHeaderValue(key.getKeyId());
        signature.setKey(key.getPrivateKey());
        signature.setPayload(claims.toJson());
        return compact(signature);
    }

    private static String compact(JsonWebSignature signature) {
        try {
            return signature.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }
}
