package daftar.identity.credential;

import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.UUID;

/** The passwords of all persons, as hashes. */
@ApplicationScoped
public class Credentials {

    private final Rows rows;
    private final Clock clock;

    @Inject
    Credentials(Rows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    /**
     * Gives a new person their password, within the caller's transaction.
     *
     * @param passwordHash as {@link PasswordHashing#hash} made it
     */
    public Uni<Void> add(UUID userId, String passwordHash) {
        Credential credential = new Credential();
        credential.userId = userId;
        credential.passwordHash = passwordHash;
        credential.changedAt = clock.instant();
        return rows.persist(credential).replaceWithVoid();
    }

    @ApplicationScoped
    static class Rows implements PanacheRepositoryBase<Credential, UUID> {}
}
