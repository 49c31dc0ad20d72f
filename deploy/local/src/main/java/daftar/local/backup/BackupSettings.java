package daftar.local.backup;

import daftar.local.Installation;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * What backups, restores and drills of one system have to know.
 *
 * @param home keeps the history of drills; not the database's
 * @param postgres the cluster's folder, whose account has to reach what lies in it
 * @param logs receives what restored servers and drills say
 * @param store where backups go
 * @param primaryUrl JDBC address of the running primary, which may be away
 * @param password of the role {@value #ROLE}
 * @param superuserPassword of the cluster and therefore of whatever is restored from it
 */
public record BackupSettings(
        Installation installation,
        Path home,
        Path postgres,
        Path logs,
        BackupStore store,
        String primaryUrl,
        String password,
        String superuserPassword) {
    /** Who backs up: two of the platform's connections are its, one for a backup and one for everything else. */
    public static final String ROLE = "daftar_backup";
    /** How long a moment can be restored. */
    public static final int RETENTION_DAYS = 35;

    /** A connection to the running primary; the caller closes it. */
    Connection primary() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", ROLE);
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", "backup");
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "600");
        return new Driver().connect(primaryUrl, properties);
    }

    Path programs() {
        return postgres.resolve("programs");
    }
}
