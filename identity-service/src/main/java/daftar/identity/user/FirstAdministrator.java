package daftar.identity.user;

import daftar.identity.credential.Password;
import daftar.identity.credential.PasswordHashing;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Makes the first administrator at start, from configuration, when there is no user with that e-mail
 * address. A user who is there already stays as they are: who registered an address first does not
 * become an administrator by it.
 */
@ApplicationScoped
class FirstAdministrator {

    private static final Logger LOG = Logger.getLogger(FirstAdministrator.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private static final String EXISTS = """
            SELECT id
            FROM users
            WHERE email = $1
            """;

    /** One statement: of several instances that start together one makes the user, whole, and the others nothing. */
    private static final String INSERT = """
            WITH made AS (
                INSERT INTO users (id, email, created_at, status)
                VALUES ($1, $2, $3, 'active')
                ON CONFLICT DO NOTHING
                RETURNING id
            ), credential AS (
                INSERT INTO credentials (user_id, password_hash, changed_at)
                SELECT id, $4, $5 FROM made
            ), role AS (
                INSERT INTO staff_roles (user_id, role, granted_at)
                SELECT id, 'administrator', $5 FROM made
            )
            SELECT id FROM made
            """;

    private final Pool primary;
    private final PasswordHashing hashing;
    private final Clock clock;
    private final Optional<String> email;
    private final Optional<String> password;

    @Inject
    FirstAdministrator(
            Pool primary,
            PasswordHashing hashing,
            Clock clock,
            @ConfigProperty(name = "daftar.administrator.email") Optional<String> email,
            @ConfigProperty(name = "daftar.administrator.password") Optional<String> password) {
        this.primary = primary;
        this.hashing = hashing;
        this.clock = clock;
        this.email = email;
        this.password = password;
    }

    void start(@Observes @Priority(20) StartupEvent event) {
        if (email.isEmpty() && password.isEmpty()) {
            return;
        }
        if (email.isEmpty() || password.isEmpty()) {
            throw new IllegalStateException(
                    "Set both DAFTAR_ADMINISTRATOR_EMAIL and DAFTAR_ADMINISTRATOR_PASSWORD, or neither.");
        }
        if (!email.get().matches(Registration.EMAIL)) {
            throw new IllegalStateException("DAFTAR_ADMINISTRATOR_EMAIL is not an e-mail address.");
        }
        if (!Password.Rule.isAcceptable(password.get())) {
            throw new IllegalStateException("DAFTAR_ADMINISTRATOR_PASSWORD must have 15 to 128 characters.");
        }
        make(email.get().toLowerCase(Locale.ROOT), password.get()).await().atMost(START_LIMIT);
    }

    /** True when the administrator was made by this call. */
    Uni<Boolean> make(String address, String secret) {
        return primary.preparedQuery(EXISTS)
                .execute(Tuple.of(address))
                .flatMap(found -> found.size() > 0
                        ? Uni.createFrom().item(false)
                        : hashing.hash(secret).flatMap(hash -> insert(address, hash)));
    }

    private Uni<Boolean> insert(String address, String hash) {
        LocalDateTime now = LocalDateTime.now(clock);
        return primary.preparedQuery(INSERT)
                .execute(Tuple.of(UUID.randomUUID(), address, now, hash, now.atOffset(ZoneOffset.UTC)))
                .map(made -> made.size() == 1)
                .invoke(made -> {
                    if (made) {
                        LOG.info("first administrator made");
                    }
                });
    }
}
