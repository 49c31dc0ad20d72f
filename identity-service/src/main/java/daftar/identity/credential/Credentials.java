package daftar.identity.credential;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.UUID;

/** The passwords of all persons, as hashes. */
@ApplicationScoped
public class Credentials {

    private static final String ADD = """
            INSERT INTO credentials (user_id, password_hash, changed_at)
            VALUES ($1, $2, $3)
            """;

    private final Clock clock;

    @Inject
    Credentials(Clock clock) {
        this.clock = clock;
    }

    /**
     * Gives a new person their password, in the transaction of the connection.
     *
     * @param passwordHash as {@link PasswordHashing#hash} made it
     */
    public Uni<Void> add(SqlConnection connection, UUID userId, String passwordHash) {
        return connection
                .preparedQuery(ADD)
                .execute(Tuple.of(userId, passwordHash, clock.instant().atOffset(ZoneOffset.UTC)))
                .replaceWithVoid();
    }
}
