package daftar.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lets a contract script through once nobody can miss what it takes away: the roll-out says which release runs
 * everywhere, and the sessions of the service say it too, since each announces its release
 * ({@code application_name = 'usage-service/1.2.0'}).
 */
final class ContractGate {
    private final Slice slice;
    private final Settings settings;
    private final Connection connection;
    private final Backfills backfills;
    private final boolean fresh;

    /** @param fresh whether the slice had never been migrated before this run, so that no service can run on it */
    ContractGate(Slice slice, Settings settings, Connection connection, Backfills backfills, boolean fresh) {
        this.slice = slice;
        this.settings = settings;
        this.connection = connection;
        this.backfills = backfills;
        this.fresh = fresh;
    }

    /**
     * Returns if the script may run.
     *
     * @throws MigrationStopped with {@link ExitCode#REFUSED} if not
     */
    void check(Script script) throws SQLException {
        AppVersion required = script.requiresApp()
                .orElseThrow(() -> refused(script, "has no line \"-- requires-app: >= x.y\" in its header."));
        if (!fresh) {
            AppVersion deployed = settings.deployedVersion.orElseThrow(() -> refused(
                    script,
                    "needs release " + required
                            + " everywhere: say with --deployed-version what the roll-out has brought everywhere."));
            if (deployed.compareTo(required) < 0) {
                throw refused(
                        script, "needs release " + required + " everywhere, and " + deployed + " is what is deployed.");
            }
        }
        List<String> older = olderSessions(required);
        if (!older.isEmpty()) {
            throw refused(
                    script,
                    "needs release " + required + " everywhere, and these are connected: " + String.join(", ", older)
                            + ". Finish the roll-out first.");
        }
        Optional<String> backfill = script.requiresBackfill();
        if (backfill.isPresent() && !backfills.isFinished(backfill.get())) {
            throw refused(script, "needs the end of the back-fill " + backfill.get() + ": run --phase backfill first.");
        }
    }

    private List<String> olderSessions(AppVersion required) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT application_name, count(*) FROM pg_stat_activity
                WHERE usename = ? AND datname = current_database()
                GROUP BY application_name ORDER BY application_name""")) {
            statement.setString(1, slice.application());
            List<String> older = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    if (isOlder(result.getString(1), required)) {
                        older.add(result.getInt(2) + " of \"" + result.getString(1) + "\"");
                    }
                }
            }
            return older;
        }
    }

    /** A session that does not say its release counts as older than any. */
    static boolean isOlder(String applicationName, AppVersion required) {
        return AppVersion.of(applicationName.substring(applicationName.indexOf('/') + 1))
                .map(version -> version.compareTo(required) < 0)
                .orElse(true);
    }

    private static MigrationStopped refused(Script script, String sentence) {
        return new MigrationStopped(ExitCode.REFUSED, script.name() + " " + sentence);
    }
}
