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

    private final Pool primary;
    private final RequestPositions positions;
    private final Outbox outbox;

    @Inject
    Writes(Pool primary, RequestPositions positions, Outbox outbox) {
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
        return primary.withConnection(PositionSource::current)
                .invoke(reached -> positions.written(reached))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
