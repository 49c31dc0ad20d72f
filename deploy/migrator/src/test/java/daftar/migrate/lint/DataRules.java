package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Changes of rows: they take as long as there are rows, and a script has one transaction. */
final class DataRules implements Rules {

    @Override
    public List<Finding> check(MigrationFile file, Migrations slice) {
        List<Finding> findings = new ArrayList<>();
        Set<String> before = slice.tablesBefore(file);
        boolean changesSchema = file.statements().stream().anyMatch(each -> each.matches("^(CREATE|ALTER|DROP)\\b"));
        for (Statement statement : file.statements()) {
            if (!changesRows(statement, before)) {
                continue;
            }
            if (statement.matches("^(UPDATE|DELETE)\\b") && !statement.matches("\\bWHERE\\b")) {
                findings.add(file.finding(
                        statement.line(),
                        "dml-unbounded",
                        "Every row is changed and locked in one transaction",
                        "Write a Backfill, which goes in batches"));
            } else if (changesSchema) {
                findings.add(file.finding(
                        statement.line(),
                        "dml-with-ddl",
                        "The schema's lock is held while rows are changed",
                        "Write a Backfill that comes after this script"));
            } else {
                findings.add(file.finding(
                        statement.line(),
                        "dml-in-script",
                        "A script's transaction grows with the table",
                        "Write a Backfill, or waive it for a table that stays small"));
            }
        }
        return findings;
    }

    private static boolean changesRows(Statement statement, Set<String> before) {
        if (statement.begins("DO")) {
            return statement.texts().stream()
                    .anyMatch(text ->
                            text.matches("(?is).*\\b(update\\s+\\w|delete\\s+from\\s+\\w|insert\\s+into\\s+\\w).*"));
        }
        boolean existing = statement
                .target("UPDATE")
                .or(() -> statement.target("DELETE", "FROM"))
                .or(() -> statement.target("INSERT", "INTO").filter(name -> statement.matches("\\bSELECT\\b")))
                .or(() -> statement.target("MERGE", "INTO"))
                .map(name -> before.contains(name.name()))
                .orElse(false);
        return existing || (statement.begins("WITH") && statement.matches("\\b(UPDATE|DELETE FROM|INSERT INTO)\\b"));
    }
}
