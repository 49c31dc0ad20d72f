package daftar.local.backup;

import daftar.local.StartFailure;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Whether the store decrypts with the key that the backups were written under. The cipher has no seal: under a wrong key
 * objects are noise, and a backup that is added then would be lost to whoever has the right one.
 */
final class EncryptionKey {
    private static final String KEY = "key-check";
    private static final byte[] TEXT =
            "the key of these backups reads this sentence\n".getBytes(StandardCharsets.UTF_8);

    private EncryptionKey() {}

    /** Leaves the mark in a store that has none, else checks it. */
    static void claim(StoreClient client) {
        Optional<byte[]> mark = client.get(KEY);
        if (mark.isEmpty()) {
            client.put(KEY, TEXT);
        } else {
            check(mark.get());
        }
    }

    /** Fails unless the store has the mark and reads it. */
    static void check(StoreClient client) {
        check(client.get(KEY)
                .orElseThrow(() -> new StartFailure("This store has never held backups: name the right one.")));
    }

    private static void check(byte[] mark) {
        if (!Arrays.equals(mark, TEXT)) {
            throw new StartFailure(
                    "The store decrypts with a wrong key: give it the one that the backups were written under"
                            + " (backup_encryption_key and backup_encryption_salt in secrets.properties).");
        }
    }
}
