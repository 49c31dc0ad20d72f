package daftar.acceptance;

import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.keys.HmacKey;

/**
 * An administrator's tokens that nobody may accept. Those whose claims are at fault are signed with
 * identity's own key, taken from its table with the key that the table is encrypted with: nothing but the
 * claim can be the reason of their refusal.
 */
final class BadTokens {

    private static final int NONCE_BYTES = 12;

    private final String issuer;
    private final UUID administrator;
    private final String kid;
    private final String publicJwk;
    private final PrivateKey key;

    BadTokens(LocalSystem system, UUID administrator) throws Exception {
        this.issuer = system.api("identity");
        this.administrator = administrator;
        try (Connection connection = system.connect("identity_owner", false);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT kid, public_jwk, private_key_encrypted FROM identity.signing_keys"
                                + " WHERE active_from <= now() ORDER BY active_from DESC LIMIT 1")) {
            row.next();
            kid = row.getString("kid");
            publicJwk = row.getString("public_jwk");
            key = opened(row.getBytes("private_key_encrypted"), system.secret("key_encryption_key"));
        }
    }

    /** A token that is as good as identity's own: were it refused, the refusals of the others would prove nothing. */
    String good() throws Exception {
        return signed(claims(), key);
    }

    /** What is wrong with it, and the token. */
    Map<String, String> all() throws Exception {
        Map<String, String> tokens = new LinkedHashMap<>();
        JwtClaims expired = claims();
        expired.setExpirationTime(NumericDate.fromSeconds(NumericDate.now().getValue() - 60));
        tokens.put("expired", signed(expired, key));
        JwtClaims ofAnother = claims();
        ofAnother.setIssuer("https://issuer.invalid");
        tokens.put("of another issuer", signed(ofAnother, key));
        JwtClaims forAnother = claims();
        forAnother.setAudience("another");
        tokens.put("for another audience", signed(forAnother, key));
        tokens.put(
                "signed with another key",
                signed(claims(), EcJwkGenerator.generateJwk(EllipticCurves.P256).getPrivateKey()));
        String[] good = good().split("\\.", -1);
        String unsigned = header("{\"alg\":\"none\",\"typ\":\"at+jwt\"}");
        tokens.put("alg=none", unsigned + "." + good[1] + ".");
        tokens.put("alg=none with a signature", unsigned + "." + good[1] + "." + good[2]);
        tokens.put("HS256 with the public key", hmac(publicJwk.getBytes(StandardCharsets.UTF_8)));
        tokens.put(
                "HS256 with the encoded public key",
                hmac(JsonWebKey.Factory.newJwk(publicJwk).getKey().getEncoded()));
        JwtClaims another = claims();
        another.setSubject(UUID.randomUUID().toString());
        tokens.put("tampered with", good[0] + "." + signed(another, key).split("\\.", -1)[1] + "." + good[2]);
        tokens.put("garbage", "no-token-at-all");
        return tokens;
    }

    private JwtClaims claims() {
        JwtClaims claims = new JwtClaims();
        claims.setIssuer(issuer);
        claims.setAudience("daftar");
        claims.setSubject(administrator.toString());
        claims.setStringClaim("client_id", "daftar-app");
        claims.setStringListClaim("roles", "administrator");
        claims.setIssuedAtToNow();
        claims.setExpirationTimeMinutesInTheFuture(5);
        return claims;
    }

    private String signed(JwtClaims claims, PrivateKey with) throws Exception {
        return token("ES256", claims, with);
    }

    private String hmac(byte[] secret) throws Exception {
        return token("HS256", claims(), new HmacKey(secret));
    }

    private String token(String algorithm, JwtClaims claims, java.security.Key with) throws Exception {
        JsonWebSignature token = new JsonWebSignature();
        token.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
        token.setHeader("typ", "at+jwt");
        token.setAlgorithmHeaderValue(algorithm);
        token.setKeyIdHeaderValue(kid);
        token.setKey(with);
        token.setPayload(claims.toJson());
        return token.getCompactSerialization();
    }

    private static String header(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    private PrivateKey opened(byte[] sealed, String encryptionKey) throws Exception {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                Cipher.DECRYPT_MODE,
                new SecretKeySpec(Base64.getDecoder().decode(encryptionKey), "AES"),
                new GCMParameterSpec(128, Arrays.copyOf(sealed, NONCE_BYTES)));
        cipher.updateAAD(kid.getBytes(StandardCharsets.UTF_8));
        byte[] encoded = cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }
}
