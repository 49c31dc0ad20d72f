package daftar.kit.database;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Sizes the pools from the one file that divides the database's 100 connections, {@code
 * daftar/connection-budget.properties}. A service's pool takes half of what its login role may open, so
 * that two instances fit while one replaces the other.
 */
public class ConnectionBudget implements ConfigSourceFactory {

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
        try (InputStream file = ConnectionBudget.class.getResourceAsStream(FILE)) {
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
