package daftar.usage.archive;

import java.util.Base64;
import java.util.stream.IntStream;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** What the users' keys are encrypted with: 32 random bytes from the environment. Never logged, never stored. */
final class KeyEncryptionKey {

    private static final int BYTES = 32;

    private final SecretKey key;

    private KeyEncryptionKey(byte[] bytes) {
        this.key = new SecretKeySpec(bytes, "AES");
    }

    /**
     * Reads a key.
     *
     * @param production whether a key of readable text, such as one of a test, is refused
     * @throws IllegalStateException with one sentence for the operator when the key will not do
     */
    static KeyEncryptionKey read(String base64, boolean production) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64.strip());
        } catch (IllegalArgumentException notBase64) {
            throw refusal("is not base64", notBase64);
        }
        if (bytes.length != BYTES) {
            throw refusal("has " + bytes.length + " bytes instead of " + BYTES, null);
        }
        if (production && IntStream.range(0, BYTES).allMatch(i -> bytes[i] >= ' ' && bytes[i] <= '~')) {
            throw refusal("is a development value", null);
        }
        return new KeyEncryptionKey(bytes);
    }

    SecretKey key() {
        return key;
    }

    private static IllegalStateException refusal(String why, Throwable cause) {
        return new IllegalStateException(
                "DAFTAR_ARCHIVE_KEY_ENCRYPTION_KEY " + why
                        + ": set it to 32 random bytes in base64, as `openssl rand -base64 32` makes them.",
                cause);
    }
}
