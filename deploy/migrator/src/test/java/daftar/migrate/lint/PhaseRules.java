package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the release before still needs: it runs on the schema until the roll-out is over. */
final class PhaseRules implements Rules {

    @Override
    public List<Finding> check(MigrationFile file, Migrations slice) {
        List<Finding> findings = new ArrayList<>();
        if (file.phase().isEmpty()) {
            findings.add(file.finding(
                    1,
                    "phase-header",
                    "The header does not say the phase and why it is safe",
                    "Begin with \"-- Phase: expand. <why it is safe>\" or contract"));
        }
        if (file.isContract()
                && !file.header().matches("(?s).*(^|\\n)-- requires-app: >= \\d+\\.\\d+(\\.\\d+)?(\\n.*|$)")) {
            findings.add(file.finding(
                    1,
                    "contract-requires-app",
                    "The header does not say which release no longer needs what goes",
                    "Add \"-- requires-app: >= x.y\""));
        }
        if (!file.isContract()) {
            Set<String> before = slice.tablesBefore(file);
            for (Statement statement : file.statements()) {
                expand(file, statement, before, findings);
            }
        }
        return findings;
    }

    private static void expand(MigrationFile file, Statement statement, Set<String> before, List<Finding> findings) {
        boolean onExistingTable = statement
                .target("ALTER", "TABLE")
                .map(name -> before.contains(name.name()))
                .orElse(statement.begins("ALTER"));
        if (onExistingTable
                && statement.matches("\\bRENAME\\b")
                && !statement.matches("^ALTER INDEX |\\bRENAME CONSTRAINT\\b")) {
            findings.add(file.finding(
                    statement.line(),
                    "rename-outside-contract",
                    "The release that runs knows the old name",
                    "Add the new one, fill both, and drop the old one in a contract script"));
        }
        if (drops(statement, onExistingTable)) {
            findings.add(file.finding(
                    statement.line(),
                    "drop-outside-contract",
                    "The release that runs may still use it",
                    "Move it into a contract script with requires-app"));
        }
        if (onExistingTable && addsRequiredColumn(statement)) {
            findings.add(file.finding(
                    statement.line(),
                    "required-column-in-expand",
                    "The release that runs inserts rows without it",
                    "Give it a default, or make it NOT NULL in a contract script"));
        }
    }

    private static boolean drops(Statement statement, boolean onExistingTable) {
        return statement.matches(
                        "^DROP (TABLE|VIEW|MATERIALIZED VIEW|SCHEMA|TYPE|FUNCTION|PROCEDURE|SEQUENCE|DOMAIN)\\b")
                || (onExistingTable
                        && statement.begins("ALTER", "TABLE")
                        && (statement.matches("\\bALTER (COLUMN )?\\S+ DROP (DEFAULT|NOT NULL)\\b")
                                || statement.matches(
                                        "\\bDROP (COLUMN )?(?!CONSTRAINT\\b|DEFAULT\\b|NOT\\b|EXPRESSION\\b|IDENTITY\\b)")));
    }

    private static boolean addsRequiredColumn(Statement statement) {
        return statement.matches("\\bADD (COLUMN )?(?!CONSTRAINT\\b)[^,]*\\bNOT NULL\\b")
                && !statement.matches("\\bADD CONSTRAINT\\b")
                && !statement.matches("\\bDEFAULT\\b|\\bGENERATED\\b");
    }
}
