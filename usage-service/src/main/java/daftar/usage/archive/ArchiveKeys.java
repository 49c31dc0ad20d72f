package daftar.usage.archive;

import io.quarkus.runtime.LaunchMode;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The users' keys of the archive, table {@code usage_archive_keys}. Read from the primary: a key may be gone this instant. */
@ApplicationScoped
public class ArchiveKeys {

    /** Stands for rows without a user. */
    static final UUID NOBODY = new UUID(0, 0);

    private static final String OF_USER = """
            SELECT k.key_id, k.user_id, k.wrapped_key
            FROM usage_archive_keys AS k
            WHERE k.user_id = $1
            """;

    private static final String IN_RANGE = """
            SELECT k.key_id, k.user_id, k.wrapped_key
            FROM usage_archive_keys AS k
            WHERE k.key_id BETWEEN $1 AND $2
            """;

    private static final String ADD = """
            INSERT INTO usage_archive_keys (key_id, user_id, wrapped_key, created_at)
            SELECT n.key_id, n.user_id, decode(n.wrapped_key, 'base64'), $4::timestamptz
            FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (key_id, user_id, wrapped_key)
            ON CONFLICT (user_id) DO NOTHING
            """;

    private static final String DESTROY = "SELECT destroy_usage_archive_key($1) AS destroyed";

    /**
     * A key as it was found.
     *
     * @param userId whose it is; {@link #NOBODY} for rows without a user; null when it was destroyed
     * @param key null when it was destroyed
     */
    record Found(@Nullable UUID userId, @Nullable DataKey key) {}

    private final Pool primary;
    private final Clock clock;
    private final Optional<KeyEncryptionKey> encryption;

    @Inject
    ArchiveKeys(
            Pool primary,
            Clock clock,
            @ConfigProperty(name = "daftar.archive.key-encryption-key") Optional<String> encryptionKey) {
        this.primary = primary;
        this.clock = clock;
        this.encryption =
                encryptionKey.map(key -> KeyEncryptionKey.read(key, LaunchMode.current() == LaunchMode.NORMAL));
    }

    /** Whether this instance was given the key-encryption key; without it the archive is closed to it. */
    boolean areReadable() {
        return encryption.isPresent();
    }

    /**
     * Destroys the user's key: what the archive holds of the user is unreadable from now on, for ever, and restored
     * copies are deleted. What is still in {@code usage_logs} is the caller's to delete, before this, so that it is not
     * archived under a new key. Harmless to repeat.
     *
     * @return whether there was a key
     */
    public Uni<Boolean> destroy(UUID userId) {
        return primary.preparedQuery(DESTROY)
                .execute(Tuple.of(userId))
                .map(rows -> rows.iterator().next().getBoolean("destroyed"));
    }

    /** The user's key, null where nothing of the user was ever archived, or it was destroyed. */
    Uni<DataKey> of(UUID userId) {
        return primary.preparedQuery(OF_USER)
                .execute(Tuple.of(userId))
                .map(rows ->
                        rows.size() == 0 ? null : found(rows.iterator().next()).key());
    }

    /** The keys whose ids lie in the range, both ends included; those of one file, say. */
    Uni<Map<UUID, Found>> between(SqlClient connection, UUID first, UUID last) {
        return connection.preparedQuery(IN_RANGE).execute(Tuple.of(first, last)).map(rows -> {
            Map<UUID, Found> keys = new HashMap<>();
            rows.forEach(row -> keys.put(row.getUUID("key_id"), found(row)));
            return keys;
        });
    }

    /** Makes keys for users who have none. */
    Uni<Void> add(SqlClient connection, List<UUID> userIds) {
        List<DataKey> keys = userIds.stream().map(user -> DataKey.random()).toList();
        Tuple columns = Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(keys.stream().map(DataKey::id).toArray(UUID[]::new))
                .addArrayOfUUID(userIds.toArray(UUID[]::new))
                .addArrayOfString(keys.stream().map(this::wrapped).toArray(String[]::new))
                .addOffsetDateTime(OffsetDateTime.ofInstant(clock.instant(), ZoneOffset.UTC)));
        return connection.preparedQuery(ADD).execute(columns).replaceWithVoid();
    }

    /** The key in a row with {@code key_id}, {@code user_id} and {@code wrapped_key}. */
    Found found(Row row) {
        io.vertx.mutiny.core.buffer.Buffer wrapped = row.getBuffer("wrapped_key");
        if (wrapped == null) {
            return new Found(null, null);
        }
        try {
            DataKey key = DataKey.unwrap(encryptionKey(), row.getUUID("key_id"), wrapped.getBytes());
            return new Found(row.getUUID("user_id"), key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a user's key was wrapped with another key-encryption key", e);
        }
    }

    private String wrapped(DataKey key) {
        return java.util.Base64.getEncoder().encodeToString(key.wrapped(encryptionKey()));
    }

    private KeyEncryptionKey encryptionKey() {
        return encryption.orElseThrow(() -> new IllegalStateException("this instance has no key-encryption key"));
    }
}
