package daftar.local.postgres;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.migrate.ExitCode;
import daftar.migrate.Migration;
import daftar.migrate.Migrator;
import daftar.migrate.Phase;
import daftar.migrate.Report;
import daftar.migrate.Scripts;
import daftar.migrate.Settings;
import daftar.migrate.Slice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * Brings slices to their newest version by the migrator that production runs too, all phases at once: on this machine no
 * service runs while it does.
 */
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
        Slice target = new Slice(slice, jdbcUrl, passwordOf.apply(Database.owner(slice)), Scripts.in(folder));
        Report report = new Migration(target, Settings.defaults().deployedVersion(Migrator.release())).run(Phase.ALL);
        if (report.exitCode() != ExitCode.DONE) {
            throw new StartFailure("Migration of " + slice + " stopped: " + report.message());
        }
        return report.scripts().size();
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
