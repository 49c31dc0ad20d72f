package daftar.identity.user;

import daftar.identity.credential.Credentials;
import daftar.identity.credential.PasswordHashing;
import daftar.kit.outbox.Outbox;
import daftar.kit.position.Reads;
import daftar.kit.position.Writes;
import daftar.kit.problem.DatabaseFailure;
import daftar.kit.problem.Problem;
import daftar.kit.request.EntityTag;
import daftar.kit.request.Idempotency;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** All persons: registered, read and changed. */
@ApplicationScoped
class Users {

    private static final Set<String> UNIQUE_EMAIL = Set.of("users_email_key", "users_email_lower_uq");

    private static final String INSERT = """
            INSERT INTO users (id, email, phone, created_at, status, profile)
            VALUES (gen_random_uuid(), $1, $2, $3, 'active', $4)
            RETURNING id, email, phone, created_at, last_login, status, profile, version
            """;

    private static final String SELECT = """
            SELECT id, email, phone, created_at, last_login, status, profile, version
            FROM users
            WHERE id = $1
            """;

    private final Reads reads;
    private final Writes writes;
    private final Idempotency idempotency;
    private final RegistrationSeal seal;
    private final Rows rows;
    private final Credentials credentials;
    private final PasswordHashing hashing;
    private final Outbox outbox;
    private final Clock clock;

    @Inject
    Users(
            Reads reads,
            Writes writes,
            Idempotency idempotency,
            RegistrationSeal seal,
            Rows rows,
            Credentials credentials,
            PasswordHashing hashing,
            Outbox outbox,
            Clock clock) {
        this.reads = reads;
        this.writes = writes;
        this.idempotency = idempotency;
        this.seal = seal;
        this.rows = rows;
        this.credentials = credentials;
        this.hashing = hashing;
        this.outbox = outbox;
        this.clock = clock;
    }

    /** Registers a person, once for each idempotency key; 409 where the e-mail address is taken. */
    Uni<UserView.Versioned> register(Registration registration, @Nullable String idempotencyKey) {
        Profile.complaint(registration.profile()).ifPresent(complaint -> {
            throw UserPatch.refusal("/profile", complaint);
        });
        return hashing.hash(registration.password())
                .flatMap(hash -> idempotency.once(
                        idempotencyKey,
                        seal.of(registration),
                        UserView.Versioned.class,
                        connection -> store(connection, registration, hash)))
                .onFailure(Users::isTaken)
                .transform(taken -> Problem.CONFLICT.because("The e-mail address is registered already."));
    }

    /** Reads a person from the replica; 404 where there is none. */
    Uni<UserView.Versioned> find(UUID userId) {
        return reads.read(connection -> connection
                        .preparedQuery(SELECT)
                        .execute(Tuple.of(userId))
                        .map(found -> found.size() == 0
                                ? null
                                : UserView.of(found.iterator().next())))
                .onItem()
                .ifNull()
                .failWith(Users::unknown);
    }

    /** Changes a person; 404 where there is none, 412 where another version is present than the change is based on. */
    Uni<UserView.Versioned> change(UUID userId, String ifMatch, UserPatch patch) {
        return writes.write(() -> rows.findById(userId, LockModeType.PESSIMISTIC_WRITE)
                .onItem()
                .ifNull()
                .failWith(Users::unknown)
                .invoke(user -> EntityTag.check(ifMatch, EntityTag.of(user.version)))
                .flatMap(user -> change(user, patch))
                .map(UserView::of));
    }

    /** A patch that leaves everything as it is neither counts as a change nor is told to anybody. */
    private Uni<User> change(User user, UserPatch patch) {
        long before = user.version;
        patch.applyTo(user);
        return rows.flush()
                .chain(() -> user.version == before
                        ? Uni.createFrom().voidItem()
                        : publish(UserEvents.changed(user, clock.instant())))
                .replaceWith(user);
    }

    private Uni<Void> publish(Outbox.Event event) {
        return rows.getSession().flatMap(session -> outbox.append(session, List.of(event)));
    }

    private Uni<UserView.Versioned> store(SqlConnection connection, Registration registration, String passwordHash) {
        return connection
                .preparedQuery(INSERT)
                .execute(Tuple.of(
                        registration.storedEmail(),
                        registration.phone(),
                        LocalDateTime.now(clock).truncatedTo(ChronoUnit.MICROS),
                        Profile.stored(registration.profile())))
                .map(rows -> UserView.of(rows.iterator().next()))
                .call(user -> credentials.add(connection, user.view().id(), passwordHash))
                .call(user -> outbox.append(connection, List.of(UserEvents.registered(user.view()))));
    }

    private static boolean isTaken(Throwable failure) {
        return DatabaseFailure.brokenConstraint(failure)
                .filter(UNIQUE_EMAIL::contains)
                .isPresent();
    }

    private static RuntimeException unknown() {
        return Problem.NOT_FOUND.because("There is no such user.");
    }

    @ApplicationScoped
    static class Rows implements PanacheRepositoryBase<User, UUID> {}
}
