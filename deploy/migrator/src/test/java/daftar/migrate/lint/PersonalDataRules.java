package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a column says of people, for export and erasure to find it: {@code gdpr: class; what; how it is erased}.
 */
final class PersonalDataRules implements Rules {
    private static final String PERSONAL = "(.*_)?(user|child|guardian|person|learner|customer)_id"
            + "|.*(email|phone|password|birth|address|first_name|last_name|full_name|display_name|guardian_name|user_agent"
            + "|device_id|national_id|iban).*"
            + "|ip|profile";
    private static final String FORM = "gdpr: [^;]+; [^;]+; .+";

    private final Optional<Set<String>> retained;

    /** @param retained tables of the retention schedule, {@code slice.table}; nothing where there is none to keep to */
    PersonalDataRules(Optional<Set<String>> retained) {
        this.retained = retained;
    }

    @Override
    public List<Finding> check(MigrationFile file, Migrations slice) {
        List<Finding> findings = new ArrayList<>();
        Map<String, String> comments = slice.comments();
        Set<String> personalTables = personalTables(slice);
        for (Table table : file.tables()) {
            if (!comments.containsKey(table.name)) {
                findings.add(file.finding(
                        table.line,
                        "table-comment",
                        table.name + " does not say what it keeps",
                        "Add COMMENT ON TABLE"));
            }
            if (retained.isPresent() && !retained.get().contains(file.slice() + "." + table.name)) {
                findings.add(file.finding(
                        table.line,
                        "retention-entry",
                        "The retention schedule does not say how long " + table.name + " keeps its rows",
                        "Add an entry to the service's retention.json"));
            }
            table.columns
                    .values()
                    .forEach(column -> column(file, table.name, column, comments, personalTables)
                            .ifPresent(findings::add));
        }
        for (Statement statement : file.statements()) {
            statement
                    .target("ALTER", "TABLE")
                    .ifPresent(name -> Additions.of(statement, name)
                            .forEach(column -> column(file, name.name(), column, comments, personalTables)
                                    .ifPresent(findings::add)));
            form(file, statement).ifPresent(findings::add);
        }
        return findings;
    }

    private static Set<String> personalTables(Migrations slice) {
        Set<String> tables = new HashSet<>();
        for (MigrationFile file : slice.files()) {
            file.tables().stream()
                    .filter(table -> table.columns.keySet().stream().anyMatch(column -> column.matches(PERSONAL)))
                    .forEach(table -> tables.add(table.name));
        }
        return tables;
    }

    private static Optional<Finding> column(
            MigrationFile file,
            String table,
            Table.Column column,
            Map<String, String> comments,
            Set<String> personalTables) {
        String name = table + "." + column.name();
        String comment = comments.getOrDefault(name, "");
        if (column.name().matches(PERSONAL) && !comment.startsWith("gdpr:")) {
            return Optional.of(file.finding(
                    column.line(),
                    "personal-data-tag",
                    name + " looks like personal data, and export and erasure will pass it over",
                    "Add COMMENT ON COLUMN ... 'gdpr: class; what; erase: how'"));
        }
        if (personalTables.contains(table) && comment.isEmpty()) {
            return Optional.of(file.finding(
                    column.line(),
                    "column-comment",
                    name + " stands beside a person and does not say whether it is about them",
                    "Add COMMENT ON COLUMN, with gdpr: where it is"));
        }
        return Optional.empty();
    }

    private static Optional<Finding> form(MigrationFile file, Statement statement) {
        return statement.begins("COMMENT", "ON", "COLUMN")
                        && statement.texts().stream()
                                .anyMatch(text -> text.startsWith("gdpr") && !text.matches("(?s)" + FORM))
                ? Optional.of(file.finding(
                        statement.line(),
                        "personal-data-form",
                        "The tag cannot be read",
                        "Write gdpr: class; what; erase: how"))
                : Optional.empty();
    }
}
