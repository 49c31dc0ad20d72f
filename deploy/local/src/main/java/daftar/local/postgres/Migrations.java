package daftar.local.postgres;

import daftar.local.Installation;
import daftar.local.StartFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** Brings slices to their newest version: each by its own owner role, from its own service's folder, with its own history. */
public final class Migrations {
    private final Installation installation;
    private final String jdbcUrl;
    private final UnaryOperator<String> passwordOf;

    /**
     * Migrations of one database.
     *
     * @param jdbcUrl the primary's address, without credentials
     * @param passwordOf password of each slice's owner role
     */
    public Migrations(Installation installation, String jdbcUrl, UnaryOperator<String> passwordOf) {
        this.installation = installation;
        this.jdbcUrl = jdbcUrl;
        this.passwordOf = passwordOf;
    }

    /** Whether the slice's service has a folder of migrations. */
    public boolean has(String slice) {
        return Files.isDirectory(installation.migrations(slice));
    }

    /**
     * Applies what one slice lacks.
     *
     * @return how many migrations ran
     * @throws StartFailure when one fails; what it changed is undone
     */
    public int migrate(String slice) {
        Path folder = installation.migrations(slice);
        if (!Files.isDirectory(folder)) {
            throw new StartFailure("No migrations of " + slice + ": " + folder + " is missing.");
        }
        Flyway flyway = Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(jdbcUrl, Database.owner(slice), passwordOf.apply(Database.owner(slice)))
                .locations("filesystem:" + folder)
                .defaultSchema(slice)
                .table("flyway_schema_history")
                .createSchemas(false)
                .baselineOnMigrate(false)
                .cleanDisabled(true)
                .group(false)
                .mixed(false)
                // lock in the session, not in a transaction: CREATE INDEX CONCURRENTLY would wait for that transaction
                .configuration(java.util.Map.of("flyway.postgresql.transactional.lock", "false"))
                // the driver announces the JVM's zone, which would override the role's
                .initSql("SET lock_timeout = '1500ms'; SET timezone = 'UTC'")
                .load();
        try {
            return flyway.migrate().migrationsExecuted;
        } catch (FlywayException e) {
            throw new StartFailure("Migration of " + slice + " failed: " + e.getMessage(), e);
        }
    }

    /**
     * Applies what all slices lack, identity first.
     *
     * @return how many migrations ran
     */
    public int migrateAll() {
        return Database.SLICES.stream().mapToInt(this::migrate).sum();
    }
}
