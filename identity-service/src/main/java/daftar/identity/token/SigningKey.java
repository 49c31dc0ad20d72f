package daftar.identity.token;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey.OutputControlLevel;
import org.jose4j.jwk.Use;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;

/**
 * A P-256 key pair that signs access tokens.
 *
 * @param kid the RFC 7638 thumbprint of the public key
 * @param publicJwk what is published (RFC 7517), without any private part
 */
record SigningKey(String kid, Map<String, Object> publicJwk, PrivateKey privateKey) {

    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final SecureRandom RANDOM = new SecureRandom();

    SigningKey {
        publicJwk = Map.copyOf(publicJwk);
    }

    static SigningKey generate() {
        try {
            EllipticCurveJsonWebKey jwk = EcJwkGenerator.generateJwk(EllipticCurves.P256);
            jwk.setKeyId(jwk.calculateBase64urlEncodedThumbprint("SHA-256"));
            jwk.setUse(Use.SIGNATURE);
            jwk.setAlgorithm(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
            return new SigningKey(jwk.getKeyId(), jwk.toParams(OutputControlLevel.PUBLIC_ONLY), jwk.getPrivateKey());
        } catch (JoseException e) {
            throw new IllegalStateException("no P-256 key can be made here", e);
        }
    }

    /** The private part as {@code signing_keys.private_key_encrypted} holds it: nonce, then AES-256-GCM. */
    byte[] encrypted(ServerKey encryption) {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, encryption, nonce, kid).doFinal(privateKey.getEncoded());
            byte[] all = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
            System.arraycopy(sealed, 0, all, NONCE_BYTES, sealed.length);
            return all;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no AES-256-GCM here", e);
        }
    }

    /**
     * Restores a key.
     *
     * @throws IllegalStateException with one sentence for the operator when the encryption key is not the
     *     one that the key was stored with
     */
    static SigningKey decrypt(String kid, Map<String, Object> publicJwk, byte[] encrypted, ServerKey encryption) {
        try {
            byte[] nonce = Arrays.copyOf(encrypted, NONCE_BYTES);
            byte[] encoded = cipher(Cipher.DECRYPT_MODE, encryption, nonce, kid)
                    .doFinal(encrypted, NONCE_BYTES, encrypted.length - NONCE_BYTES);
            PrivateKey privateKey = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            return new SigningKey(kid, publicJwk, privateKey);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalStateException(
                    "DAFTAR_KEY_ENCRYPTION_KEY does not open the stored signing keys: set it to the value that this"
                            + " database was first used with.",
                    e);
        }
    }

    /** The kid is bound to the ciphertext: a private part moved to another row does not open. */
    private static Cipher cipher(int mode, ServerKey encryption, byte[] nonce, String kid)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(mode, new SecretKeySpec(encryption.bytes(), "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(kid.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return cipher;
    }

    @Override
    public String toString() {
        return "SigningKey[" + kid + "]";
    }
}
