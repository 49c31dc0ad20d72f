package daftar.identity.token;

import jakarta.annotation.Nullable;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A secret of the installation: 32 random bytes from the environment, in base64. Never logged. */
public final class ServerKey {

    private static final int BYTES = 32;

    /** Random bytes have about 30 different values among 32; a key with fewer than this was typed. */
    private static final int DISTINCT_AT_LEAST = 16;

    private final byte[] bytes;

    private ServerKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Reads a key.
     *
     * @param variable the environment variable, for the message
     * @param base64 the variable's value, null where it is not set
     * @param production whether a key that a human made up is refused
     * @throws IllegalStateException with one sentence for the operator when the key will not do
     */
    public static ServerKey read(String variable, @Nullable String base64, boolean production) {
        if (base64 == null) {
            throw refusal(variable, "is missing", null);
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64.strip());
        } catch (IllegalArgumentException notBase64) {
            throw refusal(variable, "is not base64", notBase64);
        }
        if (bytes.length != BYTES) {
            throw refusal(variable, "has " + bytes.length + " bytes instead of " + BYTES, null);
        }
        if (production && isMadeUp(bytes)) {
            throw refusal(variable, "is a development value", null);
        }
        return new ServerKey(bytes);
    }

    private static boolean isMadeUp(byte[] bytes) {
        long distinct = java.util.stream.IntStream.range(0, bytes.length)
                .map(i -> bytes[i])
                .distinct()
                .count();
        boolean text = java.util.stream.IntStream.range(0, bytes.length)
                .map(i -> bytes[i])
                .allMatch(b -> b >= ' ' && b <= '~');
        return text || distinct < DISTINCT_AT_LEAST;
    }

    private static IllegalStateException refusal(String variable, String why, Throwable cause) {
        return new IllegalStateException(
                variable + " " + why
                        + ": set it to 32 random bytes in base64, as `openssl rand -base64 32` makes them.",
                cause);
    }

    /** HMAC-SHA-256 of the parts under this key. */
    public byte[] seal(byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    /** The key itself, a copy. */
    public byte[] bytes() {
        return bytes.clone();
    }
}
