package daftar.identity.session;

import daftar.identity.session.Refreshed.Refused;
import daftar.identity.session.Refreshed.Renewed;
import daftar.identity.session.SessionRules.Verdict;
import daftar.identity.token.ServerKey;
import daftar.kit.position.Writes;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The logins in table {@code sessions}. Every step that judges or ends a session holds the lock of its
 * row: a refresh that races another or a revocation comes before or after it, never between.
 */
@ApplicationScoped
class Sessions {

    private static final Logger LOG = Logger.getLogger(Sessions.class);
    private static final int SECRET_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final String INSERT = """
            WITH login AS (
                UPDATE users
                SET last_login = $2
                WHERE id = $1 AND status = 'active'
                RETURNING id
            )
            INSERT INTO sessions (id, user_id, secret, generation, created_at, rotated_at, expires_at)
            SELECT $3, id, $4, 0, $5, $5, $6
            FROM login
            """;

    /** Not joined to users in its FROM: a lock of the user's row would make all their devices wait for each other. */
    private static final String LOCK = """
            SELECT s.user_id, s.secret, s.generation, s.created_at, s.rotated_at, s.expires_at, s.revoked_at,
                   (SELECT u.status = 'active' FROM users u WHERE u.id = s.user_id) AS may_go_on,
                   (SELECT u.email FROM users u WHERE u.id = s.user_id AND u.email_verified_at IS NOT NULL) AS verified_email,
                   ARRAY(SELECT r.role FROM staff_roles r WHERE r.user_id = s.user_id ORDER BY r.role) AS roles
            FROM sessions s
            WHERE s.id = $1
            FOR UPDATE OF s
            """;

    private static final String ROTATE = """
            UPDATE sessions
            SET generation = generation + 1, rotated_at = $2, expires_at = $3
            WHERE id = $1
            """;

    private static final String REVOKE = """
            UPDATE sessions
            SET revoked_at = $2, revoked_reason = $3
            WHERE id = $1 AND revoked_at IS NULL
            """;

    private final Writes writes;
    private final Clock clock;
    private final ServerKey key;

    @Inject
    Sessions(
            Writes writes,
            Clock clock,
            @ConfigProperty(name = "daftar.refresh-token-key") Optional<String> refreshTokenKey) {
        this.writes = writes;
        this.clock = clock;
        this.key = ServerKey.read(
                "DAFTAR_REFRESH_TOKEN_KEY", refreshTokenKey.orElse(null), ConfigUtils.isProfileActive("prod"));
    }

    /** A key that will not do stops the start, not the first login. */
    void start(@Observes @Priority(5) StartupEvent event) {
        LOG.debug("refresh token key read");
    }

    /** Opens a session of a person who has just proved who they are; refused when they may not log in any longer. */
    Uni<Refreshed> open(Refreshed.Person person) {
        Instant now = now();
        UUID id = UUID.randomUUID();
        byte[] secret = new byte[SECRET_BYTES];
        RANDOM.nextBytes(secret);
        Instant expiresAt = SessionRules.expiry(now, now);
        Tuple row = Tuple.of(
                person.userId(),
                LocalDateTime.ofInstant(now, ZoneOffset.UTC),
                id,
                Buffer.buffer(secret),
                utc(now),
                utc(expiresAt));
        return writes.writeSql(connection -> connection
                .preparedQuery(INSERT)
                .execute(row)
                .map(inserted -> inserted.rowCount() == 0
                        ? new Refused()
                        : new Renewed(person, RefreshToken.issue(key, id, secret, 0), expiresAt)));
    }

    /** Exchanges a refresh token, by the rules of {@link SessionRules}. */
    Uni<Refreshed> refresh(RefreshToken presented) {
        return writes.writeSql(
                connection -> lock(connection, presented).flatMap(row -> judge(connection, presented, row)));
    }

    /** Ends the session that a genuine token belongs to, of whatever generation; any other changes nothing. */
    Uni<Void> revoke(RefreshToken presented) {
        return writes.writeSql(connection -> lock(connection, presented)
                .flatMap(row -> row == null ? Uni.createFrom().voidItem() : revoke(connection, presented, "logout")));
    }

    /** The locked row of the session that the token was made for; null where there is none or the token is forged. */
    private Uni<Row> lock(SqlConnection connection, RefreshToken presented) {
        return connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(presented.sessionId()))
                .map(rows -> rows.size() == 0 ? null : rows.iterator().next())
                .map(row -> row != null && presented.isGenuine(key, secret(row)) ? row : null);
    }

    private Uni<Refreshed> judge(SqlConnection connection, RefreshToken presented, @Nullable Row row) {
        if (row == null || !Boolean.TRUE.equals(row.getBoolean("may_go_on"))) {
            return Uni.createFrom().item(new Refused());
        }
        SessionRules.State session = new SessionRules.State(
                row.getInteger("generation"),
                row.getOffsetDateTime("rotated_at").toInstant(),
                row.getOffsetDateTime("expires_at").toInstant(),
                row.getOffsetDateTime("revoked_at") == null
                        ? null
                        : row.getOffsetDateTime("revoked_at").toInstant());
        Instant now = now();
        Verdict verdict = SessionRules.judge(session, presented.generation(), now);
        return switch (verdict) {
            case ROTATE -> rotate(connection, presented, row, now);
            case REPEAT -> Uni.createFrom().item(renewed(presented, row, session.generation(), session.expiresAt()));
            case REFUSE -> Uni.createFrom().item(new Refused());
            // committed, not rolled back: the answer is a refusal, and the session is over
            case END -> revoke(connection, presented, "reuse").map(done -> new Refused());
        };
    }

    private Uni<Refreshed> rotate(SqlConnection connection, RefreshToken presented, Row row, Instant now) {
        Instant expiresAt =
                SessionRules.expiry(row.getOffsetDateTime("created_at").toInstant(), now);
        return connection
                .preparedQuery(ROTATE)
                .execute(Tuple.of(presented.sessionId(), utc(now), utc(expiresAt)))
                .map(done -> renewed(presented, row, presented.generation() + 1, expiresAt));
    }

    private Uni<Void> revoke(SqlConnection connection, RefreshToken presented, String reason) {
        LOG.infof("session revoked: id=%s reason=%s", presented.sessionId(), reason);
        return connection
                .preparedQuery(REVOKE)
                .execute(Tuple.of(presented.sessionId(), utc(now()), reason))
                .replaceWithVoid();
    }

    private Refreshed renewed(RefreshToken presented, Row row, int generation, Instant expiresAt) {
        RefreshToken present = RefreshToken.issue(key, presented.sessionId(), secret(row), generation);
        Refreshed.Person person = new Refreshed.Person(
                row.getUUID("user_id"), Arrays.asList(row.getArrayOfStrings("roles")), row.getString("verified_email"));
        return new Renewed(person, present, expiresAt);
    }

    private static byte[] secret(Row row) {
        return row.getBuffer("secret").getBytes();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static OffsetDateTime utc(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
