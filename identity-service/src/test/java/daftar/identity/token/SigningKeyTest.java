package daftar.identity.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeyTest {

    private final ServerKey encryption = randomKey();
    private final SigningKey key = SigningKey.generate();

    @Test
    void publishesNoPrivatePart() {
        assertEquals(
                Set.of("kty", "crv", "x", "y", "kid", "use", "alg"),
                key.publicJwk().keySet());
        assertEquals("P-256", key.publicJwk().get("crv"));
        assertEquals("ES256", key.publicJwk().get("alg"));
    }

    @Test
    void comesBackFromItsStoredForm() {
        SigningKey restored = SigningKey.decrypt(key.kid(), key.publicJwk(), key.encrypted(encryption), encryption);
        assertArrayEquals(key.privateKey().getEncoded(), restored.privateKey().getEncoded());
    }

    @Test
    void isEncryptedDifferentlyEveryTime() {
        assertTrue(!Arrays.equals(key.encrypted(encryption), key.encrypted(encryption)));
    }

    @Test
    void doesNotOpenWithAnotherKeyNorInAnotherRowNorChanged() {
        byte[] stored = key.encrypted(encryption);
        byte[] changed = stored.clone();
        changed[stored.length - 1] ^= 1;
        assertThrows(
                IllegalStateException.class, () -> SigningKey.decrypt(key.kid(), key.publicJwk(), stored, randomKey()));
        assertThrows(
                IllegalStateException.class, () -> SigningKey.decrypt("another", key.publicJwk(), stored, encryption));
        assertThrows(
                IllegalStateException.class, () -> SigningKey.decrypt(key.kid(), key.publicJwk(), changed, encryption));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "not base64!", "c2hvcnQ=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    void aServerKeyOfAnotherFormIsRefusedBySayingHowToMakeOne(String base64) {
        IllegalStateException refusal =
                assertThrows(IllegalStateException.class, () -> ServerKey.read("DAFTAR_X", base64, false));
        assertTrue(refusal.getMessage().startsWith("DAFTAR_X "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("openssl rand -base64 32"), refusal.getMessage());
    }

    @Test
    void aServerKeyThatSomebodyMadeUpIsRefusedInProductionAlone() {
        String text = base64("a development key of 32 letters.".getBytes(StandardCharsets.US_ASCII));
        String zeros = base64(new byte[32]);
        assertThrows(IllegalStateException.class, () -> ServerKey.read("DAFTAR_X", text, true));
        assertThrows(IllegalStateException.class, () -> ServerKey.read("DAFTAR_X", zeros, true));
        assertDoesNotThrow(() -> ServerKey.read("DAFTAR_X", text, false));
        assertDoesNotThrow(() -> ServerKey.read("DAFTAR_X", base64(randomKey().bytes()), true));
    }

    private static ServerKey randomKey() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return ServerKey.read("DAFTAR_X", base64(bytes), true);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
