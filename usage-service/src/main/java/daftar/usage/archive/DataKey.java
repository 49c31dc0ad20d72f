package daftar.usage.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.LocalDateTime;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A user's key of the archive: AES-256 in Galois/Counter mode (NIST SP 800-38D), a random nonce of 12 bytes for each row.
 * The standard's bound for random nonces is 2^32 rows a key.
 */
final class DataKey {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final UUID id;
    private final SecretKey key;

    private DataKey(UUID id, byte[] key) {
        this.id = id;
        this.key = new SecretKeySpec(key, "AES");
    }

    /** A new key. */
    static DataKey random() {
        return new DataKey(UUID.randomUUID(), randomBytes(KEY_BYTES));
    }

    /**
     * The key that {@link #wrapped} wrote.
     *
     * @throws GeneralSecurityException when it was wrapped with another key, or under another id
     */
    static DataKey unwrap(KeyEncryptionKey with, UUID id, byte[] wrapped) throws GeneralSecurityException {
        return new DataKey(id, decrypt(with.key(), wrapped, bytes(id)));
    }

    UUID id() {
        return id;
    }

    /** The key itself, encrypted: nonce, ciphertext, tag. Bound to the id. */
    byte[] wrapped(KeyEncryptionKey with) {
        return encrypt(with.key(), key.getEncoded(), bytes(id));
    }

    /** A row's content, encrypted: nonce, ciphertext, tag. Bound to the key's id and the row's time. */
    byte[] seal(ArchivedRow row) {
        return encrypt(key, row.content(), associated(row.timestamp()));
    }

    /**
     * The row that {@link #seal} wrote.
     *
     * @throws GeneralSecurityException when a bit of it, its time or its key is another
     */
    ArchivedRow open(LocalDateTime timestamp, byte[] sealed) throws GeneralSecurityException, IOException {
        return ArchivedRow.read(timestamp, decrypt(key, sealed, associated(timestamp)));
    }

    private byte[] associated(LocalDateTime timestamp) {
        return ByteBuffer.allocate(3 * Long.BYTES)
                .put(bytes(id))
                .putLong(Totals.micros(timestamp))
                .array();
    }

    private static byte[] encrypt(SecretKey key, byte[] plain, byte[] associated) {
        byte[] nonce = randomBytes(NONCE_BYTES);
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(associated);
            byte[] encrypted = cipher.doFinal(plain);
            return ByteBuffer.allocate(NONCE_BYTES + encrypted.length)
                    .put(nonce)
                    .put(encrypted)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES/GCM", e);
        }
    }

    private static byte[] decrypt(SecretKey key, byte[] sealed, byte[] associated) throws GeneralSecurityException {
        if (sealed.length < NONCE_BYTES) {
            throw new GeneralSecurityException("too short");
        }
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES));
        cipher.updateAAD(associated);
        return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    }

    private static byte[] bytes(UUID id) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    private static byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
