package daftar.kit.database;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Makes the pools with what Quarkus has no property for: how long a caller waits for a connection, and
 * how many may wait. Past either the caller gets a 503 with {@code Retry-After}.
 */
final class Pools {

    private Pools() {}

    /** The pool to the primary: 30 seconds to get a connection. */
    @Singleton
    static class Primary implements PgPoolCreator {

        private final int waiting;
        private final int seconds;

        @Inject
        Primary(
                @ConfigProperty(name = "daftar.pool.max-waiting") int waiting,
                @ConfigProperty(name = "daftar.pool.acquisition-timeout-seconds") int seconds) {
            this.waiting = waiting;
            this.seconds = seconds;
        }

        @Override
        public Pool create(Input input) {
            return build("primary", input, waiting, seconds);
        }
    }

    /** The pool to the replica: who cannot get a connection at once reads from the primary. */
    @Singleton
    @ReactiveDataSource("ro")
    static class Replica implements PgPoolCreator {

        private static final int SECONDS = 1;

        private final int waiting;

        @Inject
        Replica(@ConfigProperty(name = "daftar.pool.max-waiting") int waiting) {
            this.waiting = waiting;
        }

        @Override
        public Pool create(Input input) {
            return build("replica", input, waiting, SECONDS);
        }
    }

    private static Pool build(String name, PgPoolCreator.Input input, int waiting, int seconds) {
        // the name tells the pools apart in sql_pool_*
        PoolOptions options = input.poolOptions()
                .setName(name)
                .setMaxWaitQueueSize(waiting)
                .setConnectionTimeout(seconds)
                .setConnectionTimeoutUnit(TimeUnit.SECONDS);
        return PgBuilder.pool()
                .with(options)
                .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
                .using(input.vertx())
                .build();
    }
}
