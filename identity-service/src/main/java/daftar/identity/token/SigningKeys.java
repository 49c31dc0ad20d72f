package daftar.identity.token;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The keys of table {@code signing_keys}: all instances share them, each keeps a copy and renews it
 * every minute. What {@link KeySchedule} asks for is done under an advisory lock, so that instances
 * that start or rotate at the same time agree on one key.
 */
@ApplicationScoped
class SigningKeys {

    private static final Logger LOG = Logger.getLogger(SigningKeys.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    /** Any number that nothing else in this database uses as an advisory lock. */
    private static final String LOCK = "SELECT pg_advisory_xact_lock(7309940731227447)";

    private static final String SELECT = """
            SELECT kid, public_jwk, private_key_encrypted, created_at, active_from, retire_at
            FROM signing_keys
            """;

    private static final String INSERT = """
            INSERT INTO signing_keys (kid, public_jwk, private_key_encrypted, created_at, active_from, retire_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            """;

    private static final String DELETE = """
            DELETE FROM signing_keys
            WHERE kid = ANY ($1)
            """;

    private record Stored(KeyTimes times, SigningKey key) {}

    private final Pool primary;
    private final Clock clock;
    private final ServerKey encryption;
    private volatile Map<String, Stored> keys = Map.of();

    @Inject
    SigningKeys(
            Pool primary,
            Clock clock,
            @ConfigProperty(name = "daftar.key-encryption-key") Optional<String> encryptionKey) {
        this.primary = primary;
        this.clock = clock;
        this.encryption = ServerKey.read(
                "DAFTAR_KEY_ENCRYPTION_KEY", encryptionKey.orElse(null), ConfigUtils.isProfileActive("prod"));
    }

    /** Without a key the service is of no use: it does not start. */
    void start(@Observes @Priority(10) StartupEvent event) {
        reload().await().atMost(START_LIMIT);
    }

    /** Takes over what the table holds, after changing it where a change is due. */
    @Scheduled(
            every = "${daftar.signing-keys.reload-every}",
            delayed = "${daftar.signing-keys.reload-every}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> reload() {
        return select(primary)
                .flatMap(found ->
                        isChangeDue(found) ? rotate() : Uni.createFrom().item(found))
                .invoke(found -> keys = found)
                .replaceWithVoid();
    }

    /** The key to sign with. */
    SigningKey signer() {
        Map<String, Stored> present = keys;
        return KeySchedule.signer(times(present), now())
                .map(kid -> present.get(kid).key())
                .orElseThrow(() -> new IllegalStateException("there is no signing key"));
    }

    /** All keys that a valid token may be signed with, now or soon, as JWKs without private parts. */
    List<Map<String, Object>> published() {
        return keys.values().stream()
                .sorted(java.util.Comparator.comparing(
                                (Stored stored) -> stored.times().activeFrom())
                        .thenComparing(stored -> stored.times().kid()))
                .map(stored -> stored.key().publicJwk())
                .toList();
    }

    private boolean isChangeDue(Map<String, Stored> found) {
        return KeySchedule.due(times(found), "", now()).isPresent()
                || !KeySchedule.expired(times(found), now()).isEmpty();
    }

    private Uni<Map<String, Stored>> rotate() {
        return primary.withTransaction(connection -> connection
                .query(LOCK)
                .execute()
                .flatMap(locked -> select(connection))
                .call(found -> deleteExpired(connection, found))
                .call(found -> insertDue(connection, found))
                .flatMap(changed -> select(connection)));
    }

    private Uni<?> deleteExpired(SqlConnection connection, Map<String, Stored> found) {
        List<String> expired = KeySchedule.expired(times(found), now());
        if (expired.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        LOG.infof("signing keys deleted: kids=%s", expired);
        return connection.preparedQuery(DELETE).execute(Tuple.of(expired.toArray(String[]::new)));
    }

    private Uni<?> insertDue(SqlConnection connection, Map<String, Stored> found) {
        SigningKey made = SigningKey.generate();
        Optional<KeyTimes> due = KeySchedule.due(times(found), made.kid(), now());
        if (due.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        LOG.infof(
                "signing key made: kid=%s active_from=%s", made.kid(), due.get().activeFrom());
        return connection
                .preparedQuery(INSERT)
                .execute(Tuple.from(List.of(
                        made.kid(),
                        new JsonObject(made.publicJwk()),
                        Buffer.buffer(made.encrypted(encryption)),
                        utc(due.get().createdAt()),
                        utc(due.get().activeFrom()),
                        utc(due.get().retireAt()))));
    }

    private Uni<Map<String, Stored>> select(SqlClient client) {
        return client.preparedQuery(SELECT).execute().map(this::restored);
    }

    private Map<String, Stored> restored(RowSet<Row> rows) {
        return rows.stream()
                .map(this::restored)
                .collect(Collectors.toUnmodifiableMap(stored -> stored.times().kid(), Function.identity()));
    }

    /** What has been opened once is not opened again. */
    private Stored restored(Row row) {
        String kid = row.getString("kid");
        Stored known = keys.get(kid);
        if (known != null) {
            return known;
        }
        KeyTimes times = new KeyTimes(
                kid,
                row.getOffsetDateTime("created_at").toInstant(),
                row.getOffsetDateTime("active_from").toInstant(),
                row.getOffsetDateTime("retire_at").toInstant());
        return new Stored(
                times,
                SigningKey.decrypt(
                        kid,
                        row.getJsonObject("public_jwk").getMap(),
                        row.getBuffer("private_key_encrypted").getBytes(),
                        encryption));
    }

    private static Collection<KeyTimes> times(Map<String, Stored> keys) {
        return keys.values().stream().map(Stored::times).toList();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
