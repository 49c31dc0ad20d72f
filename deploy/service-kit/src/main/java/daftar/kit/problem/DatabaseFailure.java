package daftar.kit.problem;

import io.vertx.core.VertxException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.hibernate.exception.ConstraintViolationException;

/** What a failure that came out of the database means; SQLSTATE classes as PostgreSQL's appendix A has them. */
public final class DatabaseFailure {

    private DatabaseFailure() {}

    /** The server's own refusal somewhere among the causes, if it was one. */
    public static Optional<PgException> refusal(Throwable failure) {
        return find(failure, PgException.class);
    }

    /** The server's SQLSTATE, whether the client reports it or Hibernate, which replaces the client's exception. */
    public static Optional<String> sqlState(Throwable failure) {
        return refusal(failure)
                .map(PgException::getSqlState)
                .or(() -> find(failure, SQLException.class).map(SQLException::getSQLState));
    }

    /** The name of the constraint that the statement broke, if it broke one. */
    public static Optional<String> brokenConstraint(Throwable failure) {
        return refusal(failure)
                .map(PgException::getConstraint)
                .or(() -> find(failure, ConstraintViolationException.class)
                        .map(ConstraintViolationException::getConstraintName));
    }

    /**
     * Whether the same statement can succeed later: the server is away, overloaded, shutting down or
     * lost a race. Everything else would fail again.
     */
    public static boolean isTransient(Throwable failure) {
        Optional<String> sqlState = sqlState(failure);
        if (sqlState.isPresent()) {
            String state = sqlState.get();
            return state.startsWith("08")
                    || state.startsWith("40")
                    || state.startsWith("53")
                    || state.startsWith("57")
                    || state.startsWith("55")
                    || state.equals("25006");
        }
        return find(failure, IOException.class).isPresent()
                || find(failure, ClosedChannelException.class).isPresent()
                || find(failure, ConnectionPoolTooBusyException.class).isPresent()
                || find(failure, TimeoutException.class).isPresent()
                || find(failure, io.smallrye.mutiny.TimeoutException.class).isPresent()
                || isOfTheClient(failure);
    }

    /** The client's own reports of a connection that was lost or not to be had. */
    private static boolean isOfTheClient(Throwable failure) {
        return find(failure, NoStackTraceThrowable.class).isPresent()
                || find(failure, VertxException.class).isPresent();
    }

    private static <T extends Throwable> Optional<T> find(Throwable failure, Class<T> type) {
        int depth = 0;
        for (Throwable cause = failure; cause != null && depth < 20; cause = cause.getCause(), depth++) {
            if (type.isInstance(cause)) {
                return Optional.of(type.cast(cause));
            }
        }
        return Optional.empty();
    }
}
