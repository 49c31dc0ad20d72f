package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All scripts of one slice in the order of their versions, and what they add up to.
 *
 * @param others files beside them that say how Flyway runs, by their paths
 */
record Migrations(String slice, List<MigrationFile> files, Map<String, String> others) {

    /** The tables that exist before a script runs. */
    Set<String> tablesBefore(MigrationFile file) {
        Set<String> tables = new HashSet<>();
        for (MigrationFile each : files) {
            if (each.equals(file)) {
                break;
            }
            each.tables().forEach(table -> tables.add(table.name));
        }
        return tables;
    }

    /** Comments of tables and columns, {@code table} or {@code table.column}, the last one of each. */
    Map<String, String> comments() {
        Map<String, String> comments = new HashMap<>();
        for (MigrationFile file : files) {
            for (Statement statement : file.statements()) {
                List<String> texts = statement.texts();
                String text = texts.isEmpty() ? "" : texts.get(texts.size() - 1);
                statement.target("COMMENT", "ON", "TABLE").ifPresent(name -> comments.put(name.name(), text));
                statement
                        .target("COMMENT", "ON", "COLUMN")
                        .ifPresent(name -> comments.put(columnOf(statement, name), text));
            }
        }
        return comments;
    }

    /** {@code table.column} and {@code schema.table.column} begin alike. */
    private static String columnOf(Statement statement, Statement.QualifiedName name) {
        boolean threeParts = name.end() + 1 < statement.tokens().size()
                && statement.tokens().get(name.end()).is(".");
        return threeParts
                ? name.name() + "." + statement.tokens().get(name.end() + 1).name()
                : name.schema() + "." + name.name();
    }

    /** For each table the columns of its keys and indexes, each a list in the index's order. */
    Map<String, List<List<String>>> keys() {
        Map<String, List<List<String>>> keys = new HashMap<>();
        for (MigrationFile file : files) {
            file.tables()
                    .forEach(table -> keys.computeIfAbsent(table.name, name -> new ArrayList<>())
                            .addAll(table.keys));
            file.statements().stream()
                    .filter(statement -> statement.matches("^CREATE (UNIQUE )?INDEX "))
                    .forEach(statement -> statement.behind("ON").ifPresent(place -> {
                        int at = statement.tokens().get(place).is("ONLY") ? place + 1 : place;
                        statement
                                .nameAt(at)
                                .ifPresent(table -> keys.computeIfAbsent(table.name(), name -> new ArrayList<>())
                                        .add(Table.names(statement.tokens(), table.end())));
                    }));
        }
        return keys;
    }
}
