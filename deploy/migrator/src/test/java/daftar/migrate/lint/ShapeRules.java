package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How tables are made, of what cannot be changed later without pain. */
final class ShapeRules implements Rules {
    private static final int LONGEST_NAME = 63;
    private static final Set<String> SMALL_KEYS =
            Set.of("INT", "INTEGER", "INT4", "SMALLINT", "INT2", "SERIAL", "SMALLSERIAL", "BIGSERIAL");
    private static final Set<String> FLOATS = Set.of("FLOAT", "FLOAT4", "FLOAT8", "REAL", "DOUBLE");

    private final Set<String> documented;

    /** @param documented columns of the schema document and their types, {@code name TYPE}, which are not ours to choose */
    ShapeRules(Set<String> documented) {
        this.documented = documented;
    }

    @Override
    public List<Finding> check(MigrationFile file, Migrations slice) {
        List<Finding> findings = new ArrayList<>();
        Map<String, List<List<String>>> keys = slice.keys();
        for (Table table : file.tables()) {
            if (!table.hasPrimaryKey) {
                findings.add(file.finding(
                        table.line,
                        "table-primary-key",
                        "Without a key a row can be neither named nor counted once",
                        "Add a PRIMARY KEY"));
            }
            table.columns
                    .values()
                    .forEach(column -> type(file, table.name, column).ifPresent(findings::add));
            foreignKeys(file, table.name, table.foreignKeys, keys, findings);
        }
        for (Statement statement : file.statements()) {
            added(file, statement, keys, findings);
            if (statement.matches("\\bPARTITION OF \\S+( \\. \\S+)? DEFAULT\\b")
                    || statement.matches("\\bATTACH PARTITION .* DEFAULT$")) {
                findings.add(file.finding(
                        statement.line(),
                        "default-partition",
                        "It takes in what is lost elsewhere, and stands in the way of every partition that is made later",
                        "Make partitions ahead"));
            }
        }
        longNames(file, findings);
        return findings;
    }

    private void added(
            MigrationFile file, Statement statement, Map<String, List<List<String>>> keys, List<Finding> findings) {
        Optional<Statement.QualifiedName> name = statement.target("ALTER", "TABLE");
        if (name.isEmpty()) {
            return;
        }
        for (List<Token> action : actions(statement, name.get().end())) {
            if (!action.get(0).is("ADD")) {
                continue;
            }
            int begin = action.size() > 1 && action.get(1).is("COLUMN") ? 2 : 1;
            Table addition = Table.of(new Statement(asTable(name.get().name(), action.subList(begin, action.size()))))
                    .orElseThrow();
            addition.columns
                    .values()
                    .forEach(column -> type(file, name.get().name(), column).ifPresent(findings::add));
            foreignKeys(file, name.get().name(), addition.foreignKeys, keys, findings);
        }
    }

    /** An addition read as the only element of a table. */
    private static List<Token> asTable(String name, List<Token> element) {
        int line = element.get(0).line();
        List<Token> tokens = new ArrayList<>();
        tokens.add(new Token(Token.Kind.WORD, "CREATE", line));
        tokens.add(new Token(Token.Kind.WORD, "TABLE", line));
        tokens.add(new Token(Token.Kind.QUOTED, name, line));
        tokens.add(new Token(Token.Kind.SIGN, "(", line));
        int from = element.get(0).is("IF") ? 3 : 0;
        tokens.addAll(element.subList(from, element.size()));
        tokens.add(new Token(Token.Kind.SIGN, ")", line));
        return tokens;
    }

    private static List<List<Token>> actions(Statement statement, int from) {
        List<Token> wrapped = new ArrayList<>();
        wrapped.add(new Token(Token.Kind.SIGN, "(", statement.line()));
        wrapped.addAll(statement.tokens().subList(from, statement.tokens().size()));
        wrapped.add(new Token(Token.Kind.SIGN, ")", statement.line()));
        return Table.elements(wrapped, 0);
    }

    private Optional<Finding> type(MigrationFile file, String table, Table.Column column) {
        String type =
                column.definition().isEmpty() ? "" : column.definition().get(0).text();
        if (documented.contains(column.name() + " " + type)) {
            return Optional.empty();
        }
        Statement definition = new Statement(column.definition());
        boolean isKey = definition.behind("PRIMARY", "KEY").isPresent();
        boolean withoutZone = type.equals("TIMESTAMP")
                && definition.behind("WITH", "TIME", "ZONE").isEmpty();
        boolean money = column.name().matches(".*(_egp|_usd|amount|price|cost|fee).*");
        String remedy = "";
        if (SMALL_KEYS.contains(type) && (isKey || type.contains("SERIAL"))) {
            remedy = "Use uuid, or bigint GENERATED ALWAYS AS IDENTITY";
        } else if (type.equals("JSON")) {
            remedy = "Use jsonb";
        } else if (withoutZone) {
            remedy = "Use timestamptz";
        } else if (Set.of("CHAR", "CHARACTER", "BPCHAR", "VARCHAR").contains(type)) {
            remedy = "Use text with a CHECK of its length";
        } else if (type.equals("MONEY") || (FLOATS.contains(type) && money)) {
            remedy = "Use numeric with the places that the currency has";
        }
        return remedy.isEmpty()
                ? Optional.empty()
                : Optional.of(file.finding(
                        column.line(),
                        "column-type",
                        table + "." + column.name() + " has a type that will have to be changed",
                        remedy));
    }

    private static void foreignKeys(
            MigrationFile file,
            String table,
            List<Table.ForeignKey> foreignKeys,
            Map<String, List<List<String>>> keys,
            List<Finding> findings) {
        for (Table.ForeignKey key : foreignKeys) {
            boolean indexed = keys.getOrDefault(table, List.of()).stream()
                    .anyMatch(index -> index.size() >= key.columns().size()
                            && new HashSet<>(index.subList(0, key.columns().size()))
                                    .equals(new HashSet<>(key.columns())));
            if (!indexed) {
                findings.add(file.finding(
                        key.line(),
                        "foreign-key-index",
                        "A delete of what " + table + "." + String.join(", ", key.columns())
                                + " refers to reads the whole table",
                        "Add an index that begins with it"));
            }
        }
    }

    private static void longNames(MigrationFile file, List<Finding> findings) {
        for (Statement statement : file.statements()) {
            statement.tokens().stream()
                    .filter(token -> token.isName()
                            && token.name().getBytes(java.nio.charset.StandardCharsets.UTF_8).length > LONGEST_NAME)
                    .findFirst()
                    .ifPresent(token -> findings.add(file.finding(
                            token.line(),
                            "name-length",
                            "PostgreSQL cuts names off after " + LONGEST_NAME + " bytes",
                            "Find a shorter name")));
        }
    }
}
