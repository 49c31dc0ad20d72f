package daftar.local.replay;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** UUIDs that are the same whenever the name is the same: version 5 of RFC 9562, section 5.5. */
final class NamedId {
    /** The RFC's namespace for URLs and URNs (appendix A of RFC 4122, section 6.6 of RFC 9562). */
    private static final UUID NAMESPACE_URL = UUID.fromString("6ba7b811-9dad-11d1-80b4-00c04fd430c8");

    private static final long VERSION_5 = 5L << 12;
    private static final long VERSION_MASK = 0xF000L;
    private static final long VARIANT = 1L << 63;
    private static final long VARIANT_MASK = 3L << 62;

    private NamedId() {}

    static UUID of(String name) {
        MessageDigest sha1;
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
        sha1.update(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(NAMESPACE_URL.getMostSignificantBits())
                .putLong(NAMESPACE_URL.getLeastSignificantBits())
                .flip());
        ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
        return new UUID((hash.getLong() & ~VERSION_MASK) | VERSION_5, (hash.getLong() & ~VARIANT_MASK) | VARIANT);
    }
}
