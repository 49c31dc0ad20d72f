package daftar.identity.session;

import daftar.identity.credential.PasswordHashing;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Locale;

/**
 * Logs a person in by e-mail address and password. Whether the address is unknown, the person may not
 * log in, or the password is wrong, the answer is the same, and so are the work and the time.
 */
@ApplicationScoped
class Login {

    /** From the primary: who has just registered logs in at once. */
    private static final String SELECT = """
            SELECT u.id, c.password_hash, CASE WHEN u.email_verified_at IS NOT NULL THEN u.email END AS verified_email,
                   ARRAY(SELECT r.role FROM staff_roles r WHERE r.user_id = u.id ORDER BY r.role) AS roles
            FROM users u
            JOIN credentials c ON c.user_id = u.id
            WHERE u.email = $1 AND u.status = 'active'
            """;

    /** Only where the hash is still the one that was verified: a password that was changed meanwhile stays. */
    private static final String REHASH = """
            UPDATE credentials
            SET password_hash = $3, changed_at = $4
            WHERE user_id = $1 AND password_hash = $2
            """;

    /** A person who may log in with the right password. */
    private record Account(Refreshed.Person person, String passwordHash) {}

    private final Pool primary;
    private final PasswordHashing hashing;
    private final Sessions sessions;
    private final Clock clock;

    @Inject
    Login(Pool primary, PasswordHashing hashing, Sessions sessions, Clock clock) {
        this.primary = primary;
        this.hashing = hashing;
        this.sessions = sessions;
        this.clock = clock;
    }

    Uni<Refreshed> login(String email, String password) {
        return primary.preparedQuery(SELECT)
                .execute(Tuple.of(email.toLowerCase(Locale.ROOT)))
                .map(found ->
                        found.size() == 0 ? null : account(found.iterator().next()))
                .flatMap(account -> verified(account, password));
    }

    private Uni<Refreshed> verified(@Nullable Account account, String password) {
        return hashing.matches(password, account == null ? null : account.passwordHash())
                .flatMap(matches -> {
                    if (account == null || !matches) {
                        return Uni.createFrom().item(new Refreshed.Refused());
                    }
                    return renewHash(account, password).flatMap(done -> sessions.open(account.person()));
                });
    }

    /** The cost of hashes is raised over the years; only at a login is the password at hand. */
    private Uni<Void> renewHash(Account account, String password) {
        if (!hashing.isOutdated(account.passwordHash())) {
            return Uni.createFrom().voidItem();
        }
        return hashing.hash(password)
                .flatMap(hash -> primary.preparedQuery(REHASH)
                        .execute(Tuple.of(
                                account.person().userId(),
                                account.passwordHash(),
                                hash,
                                clock.instant().atOffset(ZoneOffset.UTC))))
                .replaceWithVoid();
    }

    private static Account account(Row row) {
        Refreshed.Person person = new Refreshed.Person(
                row.getUUID("id"), Arrays.asList(row.getArrayOfStrings("roles")), row.getString("verified_email"));
        return new Account(person, row.getString("password_hash"));
    }
}
