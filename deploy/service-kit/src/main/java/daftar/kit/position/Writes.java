package daftar.kit.position;

import daftar.kit.outbox.Outbox;
import io.quarkus.arc.Arc;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.function.Function;
import java.util.function.Supplier;

/** Writes to the primary, each in one transaction, answered with the position that they reached. */
@ApplicationScoped
public class Writes {

    /** A log file's name begins with the timeline in eight hexadecimal digits. */
    private static final String POSITION = """
            SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline,
                   pg_current_wal_lsn() - '0/0'::pg_lsn AS lsn
            """;

    private final Pool primary;
    private final PositionFilter.OfRequest positions;
    private final Outbox outbox;

    @Inject
    Writes(Pool primary, PositionFilter.OfRequest positions, Outbox outbox) {
        this.primary = primary;
        this.outbox = outbox;
        this.positions = positions;
    }

    /** Runs work on entities in one transaction. */
    public <T> Uni<T> write(Supplier<Uni<T>> work) {
        return Panache.withTransaction(work).invoke(outbox::committed).call(this::takePosition);
    }

    /** Runs SQL in one transaction. */
    public <T> Uni<T> writeSql(Function<SqlConnection, Uni<T>> work) {
        return primary.withTransaction(work).invoke(outbox::committed).call(this::takePosition);
    }

    /** A write whose position cannot be taken has been committed all the same: the answer lacks the header. */
    private Uni<Void> takePosition() {
        if (!Arc.container().requestContext().isActive()) {
            return Uni.createFrom().voidItem();
        }
        return primary.withConnection(Writes::position)
                .invoke(reached -> positions.written(reached))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    /**
     * The primary's position after everything that has been committed so far. Ask after the commit,
     * outside its transaction: a position read before it can lie inside the commit record.
     */
    static Uni<Position> position(SqlConnection connection) {
        return connection
                .preparedQuery(POSITION)
                .execute()
                .map(rows -> Position.of(rows.iterator().next()));
    }
}
