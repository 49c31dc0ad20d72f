package daftar.identity.session;

import daftar.identity.token.ServerKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/**
 * A refresh token: base64url of session id, generation and a seal over the generation. The seal is
 * HMAC-SHA-256 under the server's key of the session's secret and the generation: nothing that the
 * database holds suffices to make one, and the same generation always gives the same token.
 */
final class RefreshToken {

    private static final int SEAL_BYTES = 32;
    private static final int BYTES = 16 + 4 + SEAL_BYTES;

    private final UUID sessionId;
    private final int generation;
    private final byte[] seal;

    private RefreshToken(UUID sessionId, int generation, byte[] seal) {
        this.sessionId = sessionId;
        this.generation = generation;
        this.seal = seal;
    }

    /** Makes the token of a generation. */
    static RefreshToken issue(ServerKey key, UUID sessionId, byte[] secret, int generation) {
        return new RefreshToken(sessionId, generation, seal(key, secret, generation));
    }

    /** Reads a token's form; empty where it has another one. Says nothing about its seal. */
    static Optional<RefreshToken> parse(String text) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
        if (bytes.length != BYTES) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        UUID sessionId = new UUID(buffer.getLong(), buffer.getLong());
        int generation = buffer.getInt();
        byte[] seal = new byte[SEAL_BYTES];
        buffer.get(seal);
        return generation < 0 ? Optional.empty() : Optional.of(new RefreshToken(sessionId, generation, seal));
    }

    UUID sessionId() {
        return sessionId;
    }

    int generation() {
        return generation;
    }

    /** Whether this server made the token for the session with this secret. */
    boolean isGenuine(ServerKey key, byte[] secret) {
        return MessageDigest.isEqual(seal, seal(key, secret, generation));
    }

    /** The form that is handed out. */
    String text() {
        byte[] bytes = ByteBuffer.allocate(BYTES)
                .putLong(sessionId.getMostSignificantBits())
                .putLong(sessionId.getLeastSignificantBits())
                .putInt(generation)
                .put(seal)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] seal(ServerKey key, byte[] secret, int generation) {
        return key.seal(secret, ByteBuffer.allocate(4).putInt(generation).array());
    }
}
