package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Locks that others would wait behind, of those that squawk passes over. */
final class LockRules implements Rules {

    @Override
    public List<Finding> check(MigrationFile file, Migrations slice) {
        List<Finding> findings = new ArrayList<>();
        Set<String> before = slice.tablesBefore(file);
        Set<String> altered = new HashSet<>();
        for (Statement statement : file.statements()) {
            statement(file, statement, before, findings);
            statement
                    .target("ALTER", "TABLE")
                    .filter(name -> before.contains(name.name()))
                    .filter(name -> altered.add(name.name()) && altered.size() == 2)
                    .ifPresent(name -> findings.add(file.finding(
                            statement.line(),
                            "one-table-a-script",
                            "The lock on the first table is held while this one is waited for",
                            "Give each existing table a script of its own")));
        }
        boolean adds = file.statements().stream().anyMatch(each -> each.matches("\\bNOT VALID\\b"));
        file.statements().stream()
                .filter(each -> adds && each.matches("\\bVALIDATE CONSTRAINT\\b"))
                .forEach(each -> findings.add(file.finding(
                        each.line(),
                        "validate-apart",
                        "The rows are read while the lock of ADD ... NOT VALID is held",
                        "Put VALIDATE CONSTRAINT into a script of its own")));
        return findings;
    }

    private static void statement(MigrationFile file, Statement statement, Set<String> before, List<Finding> findings) {
        if (statement.matches("^SET (LOCAL |SESSION )?\\S*(LOCK|STATEMENT|TRANSACTION|SESSION)_TIMEOUT\\b")
                || statement.texts().stream().anyMatch(text -> text.equals("lock_timeout"))) {
            findings.add(file.finding(
                    statement.line(),
                    "timeouts-are-the-migrators",
                    "The migrator sets the time limits and climbs from short to longer ones",
                    "Leave it out; \"-- statement-timeout: 30min; why\" in the header lengthens a statement's time"));
        }
        if (statement.matches("^LOCK (TABLE )?")) {
            findings.add(file.finding(
                    statement.line(), "lock-table", "Everybody waits behind it until the end", "Leave it out"));
        }
        if (statement.matches("^TRUNCATE\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "truncate-table",
                    "It locks the table against readers and its rows are gone",
                    "Delete in batches, in a back-fill"));
        }
        if (statement.matches("^(CLUSTER\\b|VACUUM\\b.*\\bFULL\\b)")
                || statement.matches("\\bSET (UN)?LOGGED\\b|\\bSET TABLESPACE\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "table-rewrite",
                    "The whole table is written anew under an exclusive lock, and the database's guard does not see it",
                    "Leave it to an operator and a quiet hour"));
        }
        if (statement.matches("^REINDEX\\b") && !statement.matches("\\bCONCURRENTLY\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "reindex-not-concurrent",
                    "Writers wait for as long as it takes",
                    "Say CONCURRENTLY"));
        }
        if (statement.matches("\\bDETACH PARTITION\\b") && !statement.matches("\\bCONCURRENTLY\\b|\\bFINALIZE\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "detach-not-concurrent",
                    "The partitioned table is locked against everybody",
                    "Say CONCURRENTLY, in a script of its own with a .conf"));
        }
        if (statement.texts().stream().anyMatch(text -> text.contains("daftar.rewrite_allowed"))
                || statement.matches("DAFTAR \\. REWRITE_ALLOWED")) {
            findings.add(file.finding(
                    statement.line(),
                    "rewrite-allowed",
                    "The guard against large rewrites is switched off",
                    "Choose a shape that rewrites nothing (MIGRATIONS.md)"));
        }
        boolean existing = statement
                .target("ALTER", "TABLE")
                .map(name -> before.contains(name.name()))
                .orElse(false);
        if (existing && statement.matches("\\bADD (CONSTRAINT \\S+ )?EXCLUDE\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "exclusion-constraint",
                    "There is no way to add it without reading all rows under an exclusive lock",
                    "Put it on a new table and fill that"));
        }
    }
}
