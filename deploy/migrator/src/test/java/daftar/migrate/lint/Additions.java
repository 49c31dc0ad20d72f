package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.List;

/** The columns that an {@code ALTER TABLE} adds. */
final class Additions {
    private Additions() {}

    static List<Table.Column> of(Statement statement, Statement.QualifiedName table) {
        List<Table.Column> columns = new ArrayList<>();
        List<Token> tokens = statement.tokens();
        for (int i = table.end(); i + 2 < tokens.size(); i++) {
            if (tokens.get(i).is("ADD") && tokens.get(i + 1).is("COLUMN")) {
                int name = tokens.get(i + 2).is("IF") ? i + 5 : i + 2;
                columns.add(new Table.Column(
                        tokens.get(name).name(),
                        tokens.subList(name + 1, tokens.size()),
                        tokens.get(name).line()));
            }
        }
        return columns;
    }
}
