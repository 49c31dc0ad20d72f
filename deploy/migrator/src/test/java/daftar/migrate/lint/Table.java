package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A table as a {@code CREATE TABLE} describes it. */
final class Table {
    private static final Set<String> NO_COLUMN =
            Set.of("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "LIKE");

    final String name;
    final int line;
    final Map<String, Column> columns = new LinkedHashMap<>();
    final List<List<String>> keys = new ArrayList<>();
    final List<ForeignKey> foreignKeys = new ArrayList<>();
    boolean hasPrimaryKey;

    /** @param definition the column's tokens behind its name */
    record Column(String name, List<Token> definition, int line) {}

    record ForeignKey(List<String> columns, int line) {}

    private Table(String name, int line) {
        this.name = name;
        this.line = line;
    }

    /** The table that a statement creates from a list of columns; nothing for a partition or a query's result. */
    static Optional<Table> of(Statement statement) {
        Optional<Statement.QualifiedName> name = statement.target("CREATE", "TABLE");
        if (name.isEmpty()
                || name.get().end() >= statement.tokens().size()
                || !statement.tokens().get(name.get().end()).is("(")) {
            return Optional.empty();
        }
        Table table = new Table(name.get().name(), statement.line());
        elements(statement.tokens(), name.get().end()).forEach(table::element);
        return Optional.of(table);
    }

    /** A column or constraint that is added. */
    void element(List<Token> tokens) {
        if (!tokens.get(0).isName()) {
            return;
        }
        if (tokens.get(0).kind() == Token.Kind.WORD
                && NO_COLUMN.contains(tokens.get(0).text())) {
            constraint(tokens);
            return;
        }
        String column = tokens.get(0).name();
        columns.put(
                column,
                new Column(
                        column, tokens.subList(1, tokens.size()), tokens.get(0).line()));
        Statement words = new Statement(tokens);
        if (words.behind("PRIMARY", "KEY").isPresent()) {
            hasPrimaryKey = true;
            keys.add(List.of(column));
        } else if (words.behind("UNIQUE").isPresent()) {
            keys.add(List.of(column));
        }
        if (words.behind("REFERENCES").isPresent()) {
            foreignKeys.add(new ForeignKey(List.of(column), tokens.get(0).line()));
        }
    }

    private void constraint(List<Token> tokens) {
        Statement words = new Statement(tokens);
        words.behind("PRIMARY", "KEY").ifPresent(place -> {
            hasPrimaryKey = true;
            keys.add(names(tokens, place));
        });
        words.behind("UNIQUE").ifPresent(place -> keys.add(names(tokens, place)));
        words.behind("FOREIGN", "KEY")
                .ifPresent(place -> foreignKeys.add(
                        new ForeignKey(names(tokens, place), tokens.get(0).line())));
    }

    /** The names in the next pair of parentheses, in their order; expressions are left out. */
    static List<String> names(List<Token> tokens, int from) {
        int open = from;
        while (open < tokens.size() && !tokens.get(open).is("(")) {
            open++;
        }
        return open >= tokens.size()
                ? List.of()
                : elements(tokens, open).stream()
                        .map(element -> element.get(0).isName() ? element.get(0).name() : "(")
                        .toList();
    }

    /** What stands between the commas of a pair of parentheses. */
    static List<List<Token>> elements(List<Token> tokens, int open) {
        List<List<Token>> elements = new ArrayList<>();
        List<Token> element = new ArrayList<>();
        int depth = 0;
        for (Token token : tokens.subList(open, tokens.size())) {
            if (token.is("(") && depth++ == 0) {
                continue;
            }
            if (token.is(")") && --depth == 0) {
                break;
            }
            if (token.is(",") && depth == 1) {
                elements.add(element);
                element = new ArrayList<>();
            } else {
                element.add(token);
            }
        }
        elements.add(element);
        elements.removeIf(List::isEmpty);
        return elements;
    }
}
