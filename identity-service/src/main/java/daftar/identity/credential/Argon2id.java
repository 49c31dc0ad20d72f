package daftar.identity.credential;

import com.password4j.Argon2Function;
import com.password4j.types.Argon2;
import java.text.Normalizer;

/**
 * Argon2id at the cost that OWASP's Password Storage Cheat Sheet prefers: 19456 KiB, two passes, one
 * lane; salt of 16 bytes, tag of 32. Hashes are PHC strings and so carry their own cost.
 *
 * <p>Every call occupies a core for tens of milliseconds: only {@link PasswordHashing} makes them.
 */
final class Argon2id {

    private static final int MEMORY_KIB = 19456;
    private static final int PASSES = 2;
    private static final int LANES = 1;
    private static final int TAG_BYTES = 32;
    private static final int SALT_BYTES = 16;
    private static final Argon2Function FUNCTION =
            Argon2Function.getInstance(MEMORY_KIB, PASSES, LANES, TAG_BYTES, Argon2.ID, 0x13);

    private Argon2id() {}

    static String hash(String password) {
        return com.password4j.Password.hash(normal(password))
                .addRandomSalt(SALT_BYTES)
                .with(FUNCTION)
                .getResult();
    }

    static boolean matches(String password, String phc) {
        return com.password4j.Password.check(normal(password), phc).with(Argon2Function.getInstanceFromHash(phc));
    }

    /** Whether the hash was made with another cost than the present one. */
    static boolean isOutdated(String phc) {
        return !Argon2Function.getInstanceFromHash(phc).equals(FUNCTION);
    }

    /** The same text typed on another keyboard can arrive composed or decomposed (NIST SP 800-63B-4, 3.1.1.2). */
    private static String normal(String password) {
        return Normalizer.normalize(password, Normalizer.Form.NFKC);
    }
}
