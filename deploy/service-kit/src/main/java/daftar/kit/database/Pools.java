package daftar.kit.database;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Makes the pools with what Quarkus has no property for: which of several servers a connection goes to, how long a
 * caller waits for one, and how many may wait. Past either the caller gets a 503 with {@code Retry-After}.
 */
public final class Pools {

    private static final int LONGEST_STATEMENT = 65_536;

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
            return build("primary", input, true, waiting, seconds);
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
            return build("replica", input, false, waiting, SECONDS);
        }
    }

    /** Which of these servers takes writes now, for a connection of one's own; fails while there is none. */
    public static Uni<PgConnectOptions> primary(Vertx vertx, List<PgConnectOptions> servers) {
        Servers cluster = new Servers(vertx, servers, true);
        return Uni.createFrom()
                .completionStage(
                        () -> cluster.find().map(PgConnectOptions.class::cast).toCompletionStage());
    }

    private static Pool build(String name, PgPoolCreator.Input input, boolean writes, int waiting, int seconds) {
        // the name tells the pools apart in sql_pool_*
        PoolOptions options = input.poolOptions()
                .setName(name)
                .setMaxWaitQueueSize(waiting)
                .setConnectionTimeout(seconds)
                .setConnectionTimeoutUnit(TimeUnit.SECONDS);
        // the longest statements are those that are worth it most; the default leaves out what is longer than 2048
        input.pgConnectOptionsList().forEach(server -> server.setPreparedStatementCacheSqlLimit(LONGEST_STATEMENT));
        Servers servers = new Servers(input.vertx(), input.pgConnectOptionsList(), writes);
        return PgBuilder.pool()
                .with(options)
                .connectingTo(servers::find)
                .using(input.vertx())
                .build();
    }

    /**
     * Sizes the pools from the one file that divides the database's 100 connections, {@code
     * daftar/connection-budget.properties}. A service's pool takes half of what its login role may open, so
     * that two instances fit while one replaces the other.
     */
    public static class Budget implements ConfigSourceFactory {

        private static final String FILE = "/daftar/connection-budget.properties";
        private static final int LOWER_THAN_APPLICATION_PROPERTIES = 110;

        @Override
        public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
            ConfigValue service = context.getValue("daftar.service");
            if (service == null || service.getValue() == null) {
                return List.of();
            }
            int pool = limitOf(service.getValue()) / 2;
            return List.of(new PropertiesConfigSource(
                    Map.of("daftar.pool.size", Integer.toString(pool)),
                    "connection budget",
                    LOWER_THAN_APPLICATION_PROPERTIES));
        }

        /** The connections that the service's login role may open, as the file says. */
        static int limitOf(String service) {
            Properties budget = new Properties();
            try (InputStream file = Pools.class.getResourceAsStream(FILE)) {
                budget.load(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            String limit = budget.getProperty(service + ".app");
            if (limit == null) {
                throw new IllegalStateException(FILE + " has no line " + service + ".app");
            }
            return Integer.parseInt(limit.trim());
        }
    }
}
