package daftar.local.postgres;

import daftar.local.Installation;
import daftar.local.StartFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The platform's one database: its roles, schemas and grants, as {@code database.sql} says. */
public final class Database {
    /** The database's name. */
    public static final String NAME = "daftar";
    /** Slices in the order of migration: the others refer to identity's users. */
    public static final List<String> SLICES = List.of("identity", "consent", "analytics", "usage", "billing");

    private final PostgresCluster cluster;
    private final ConnectionBudget budget;

    /** A database on the cluster's primary, with the repository's connection budget. */
    public Database(Installation installation, PostgresCluster cluster) {
        this.cluster = cluster;
        this.budget = ConnectionBudget.read(installation);
    }

    /** Role that owns a slice's schema and runs its migrations. */
    public static String owner(String slice) {
        return slice + "_owner";
    }

    /** Role that a slice's service logs in as. */
    public static String application(String slice) {
        return slice + "_app";
    }

    /** Every role that needs a password. */
    public static List<String> roles() {
        return Stream.concat(
                        SLICES.stream().flatMap(slice -> Stream.of(owner(slice), application(slice))),
                        Stream.of("daftar_monitor", "daftar_backup"))
                .toList();
    }

    /**
     * Creates what is missing and brings the rest in line. Idempotent.
     *
     * @param passwordOf password of each of {@link #roles()}
     */
    public void create(UnaryOperator<String> passwordOf) {
        try {
            try (Connection connection = cluster.superuser("postgres");
                    Statement statement = connection.createStatement();
                    ResultSet found = statement.executeQuery("""
                            SELECT 1 FROM pg_database WHERE datname = 'daftar'""")) {
                if (!found.next()) {
                    try (Statement creation = connection.createStatement()) {
                        creation.execute("CREATE DATABASE daftar TEMPLATE template0 ENCODING 'UTF8'");
                    }
                }
            }
            try (Connection connection = cluster.superuser(NAME);
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                hand(connection, settings(passwordOf));
                statement.execute(script());
                connection.commit();
            }
        } catch (SQLException e) {
            throw new StartFailure("Cannot create the database's roles and schemas: " + e.getMessage() + ".", e);
        }
    }

    private Map<String, String> settings(UnaryOperator<String> passwordOf) {
        Map<String, String> settings = new TreeMap<>();
        budget.limits()
                .forEach((key, limit) -> settings.put("daftar_limit." + key.replace('.', '_'), limit.toString()));
        roles().forEach(role -> settings.put("daftar_password." + role, passwordOf.apply(role)));
        return settings;
    }

    /** As settings of the transaction, so that the script stays plain SQL and no log or statistic sees a password. */
    private static void hand(Connection connection, Map<String, String> settings) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT set_config(name, value, true)
                FROM unnest(?::text[], ?::text[]) AS setting(name, value)""")) {
            statement.setArray(
                    1, connection.createArrayOf("text", settings.keySet().toArray()));
            statement.setArray(
                    2, connection.createArrayOf("text", settings.values().toArray()));
            statement.execute();
        }
    }

    private static String script() {
        try (InputStream resource = Database.class.getResourceAsStream("/daftar/local/database.sql")) {
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
