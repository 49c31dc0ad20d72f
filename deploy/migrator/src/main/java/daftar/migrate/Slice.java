package daftar.migrate;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * What is migrated: one schema, by its owner role, from its service's scripts.
 *
 * @param name the schema's name, which the roles begin with
 * @param jdbcUrl the primary's own address, no pooler's, without credentials
 * @param password of the owner role
 * @param scripts the service's scripts
 */
public record Slice(String name, String jdbcUrl, String password, Scripts scripts) {
    /** By which a session that works for a run is known in {@code pg_stat_activity}; what a dead run left is found by it. */
    static final String APPLICATION_NAME = "daftar-migrator";
    /** Of one that only looks whether another migrator is done: it is nobody's left-over. */
    private static final String WAITING_NAME = "daftar-migrator-waiting";

    /** The role that owns the schema. */
    String owner() {
        return name + "_owner";
    }

    /** The role that the service logs in as. */
    String application() {
        return name + "_app";
    }

    /** The address with what every session is opened with: an error's detail would quote rows, and its message is logged. */
    String addressOfSessions() {
        return address(APPLICATION_NAME);
    }

    private String address(String applicationName) {
        return jdbcUrl + (jdbcUrl.contains("?") ? "&" : "?") + "ApplicationName=" + applicationName
                + "&logServerErrorDetail=false";
    }

    /** A session of the owner role that does nothing for a run yet, and is called so; the caller closes it. */
    Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", owner());
        properties.setProperty("password", password);
        // DriverManager knows only the drivers of the class loader that asked it first
        Connection connection = new Driver().connect(address(WAITING_NAME), properties);
        if (connection == null) {
            throw new SQLException("no address of PostgreSQL: " + jdbcUrl, "08001");
        }
        return connection;
    }

    @Override
    public String toString() {
        return name;
    }
}
