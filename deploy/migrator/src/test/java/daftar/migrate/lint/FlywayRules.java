package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What Flyway makes of a script, as the migrator runs it: script by script, in a transaction unless one is concurrent. */
final class FlywayRules implements Rules {
    private static final String NAME = "V[1-9]\\d*__[a-z0-9]+(_[a-z0-9]+)*\\.sql";
    private static final Pattern SETTING =
            Pattern.compile("(?i)(mixed|group|baseline-?on-?migrate|out-?of-?order|migrate-at-start)\\s*=\\s*true");

    private final Released released;

    FlywayRules(Released released) {
        this.released = released;
    }

    @Override
    public List<Finding> check(MigrationFile file, Migrations slice) {
        List<Finding> findings = new ArrayList<>();
        if (!file.name().matches(NAME)) {
            findings.add(file.finding(
                    1,
                    "flyway-file-name",
                    "Flyway passes over or misreads this name",
                    "Call it V<number>__<what_it_makes>.sql"));
        }
        version(file, slice, findings);
        config(file, findings);
        for (Statement statement : file.statements()) {
            statement(file, statement, findings);
        }
        if (file.isConcurrent() && file.statements().size() > 1) {
            findings.add(file.finding(
                    file.statements().get(1).line(),
                    "flyway-concurrent-alone",
                    "A concurrent statement runs outside a transaction, so what stands beside it stays when it fails",
                    "Give it a script of its own"));
        }
        return findings;
    }

    /** Files that belong to no script: settings of a service. */
    static List<Finding> checkSettings(Map<String, String> others) {
        List<Finding> findings = new ArrayList<>();
        others.forEach((path, text) -> {
            List<String> lines = text.lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                if (!line.startsWith("#")
                        && line.contains("flyway")
                        && SETTING.matcher(line).find()) {
                    findings.add(new Finding(
                            path,
                            i + 1,
                            "flyway-settings",
                            "This setting takes a guard away (one transaction for all, a wrong database, a changed order) or"
                                    + " migrates at start",
                            "Leave it at its default; the migrator runs the scripts"));
                }
            }
        });
        return findings;
    }

    private void version(MigrationFile file, Migrations slice, List<Finding> findings) {
        file.version().ifPresent(version -> {
            boolean twice = slice.files().stream()
                    .anyMatch(other -> !other.equals(file)
                            && other.version().isPresent()
                            && other.version().getAsInt() == version);
            boolean late = !released.knows(file) && version <= released.newestVersion(file.slice());
            if (twice || late) {
                findings.add(file.finding(
                        1,
                        "flyway-version",
                        twice ? "Another script has this version" : "A released script has this version or a later one",
                        "Take the next free version"));
            }
        });
        if (released.hasChanged(file)) {
            findings.add(file.finding(
                    1,
                    "flyway-released",
                    "The script has run somewhere and has changed since",
                    "Bring it back and write a new one"));
        }
    }

    private static void config(MigrationFile file, List<Finding> findings) {
        file.config().ifPresent(text -> {
            if (text.lines().noneMatch(line -> line.startsWith("#"))) {
                findings.add(file.finding(
                        1,
                        "flyway-config-reason",
                        "Its .conf does not say why it is there",
                        "Begin it with a comment"));
            }
        });
        boolean needsConfig = file.statements().stream()
                .anyMatch(each -> each.matches("\\bDETACH PARTITION .*\\bCONCURRENTLY\\b")
                        || each.matches("^REINDEX .*\\bCONCURRENTLY\\b"));
        boolean hasConfig = file.config().stream()
                .flatMap(String::lines)
                .anyMatch(line -> line.replace(" ", "").equals("executeInTransaction=false"));
        if (needsConfig && !hasConfig) {
            findings.add(file.finding(
                    file.statements().get(0).line(),
                    "flyway-script-config",
                    "Flyway does not know that this cannot run in a transaction",
                    "Put executeInTransaction=false and the reason into " + file.name() + ".conf"));
        }
    }

    private static void statement(MigrationFile file, Statement statement, List<Finding> findings) {
        if (statement.matches("^CREATE (UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "flyway-index-if-not-exists",
                    "An invalid index of an attempt that failed would count as made",
                    "Leave IF NOT EXISTS out: the migrator drops what a failed attempt left"));
        }
        if (statement.matches("^(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|END)\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "flyway-transaction",
                    "The script's transaction is Flyway's",
                    "Leave it out, and write two scripts where two transactions are meant"));
        }
        for (Token token : statement.tokens()) {
            if (token.kind() == Token.Kind.TEXT && token.text().contains("${")) {
                findings.add(file.finding(
                        token.line(),
                        "flyway-placeholder",
                        "Placeholders are not replaced",
                        "Write the value, or format() it in the database"));
            }
        }
        if (statement.matches("\\bPASSWORD '…'")) {
            findings.add(file.finding(
                    statement.line(),
                    "flyway-secret",
                    "A secret in a script is one for everybody who reads it",
                    "Set it where roles are made, from the environment"));
        }
    }
}
