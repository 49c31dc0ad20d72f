package daftar.identity.token;

import java.time.Instant;

/**
 * When a signing key is used.
 *
 * @param createdAt from when on it is published
 * @param activeFrom from when on it signs, until the next key's {@code activeFrom}
 * @param retireAt when the next key is due
 */
record KeyTimes(String kid, Instant createdAt, Instant activeFrom, Instant retireAt) {}
