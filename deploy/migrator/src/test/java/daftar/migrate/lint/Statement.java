package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One statement of a script, without comments and its semicolon. */
record Statement(List<Token> tokens) {

    /** The statements of a script. */
    static List<Statement> of(List<Token> tokens) {
        List<Statement> statements = new ArrayList<>();
        List<Token> open = new ArrayList<>();
        for (Token token : tokens) {
            if (token.is(";")) {
                add(statements, open);
                open = new ArrayList<>();
            } else if (token.kind() != Token.Kind.COMMENT) {
                open.add(token);
            }
        }
        add(statements, open);
        return statements;
    }

    private static void add(List<Statement> statements, List<Token> open) {
        if (!open.isEmpty()) {
            statements.add(new Statement(List.copyOf(open)));
        }
    }

    int line() {
        return tokens.get(0).line();
    }

    /** Its words and signs with single spaces, names in upper case too, texts as {@code '…'}: for patterns. */
    String code() {
        return tokens.stream()
                .map(token -> switch (token.kind()) {
                    case TEXT -> "'…'";
                    case QUOTED -> token.text().toUpperCase(java.util.Locale.ROOT);
                    default -> token.text();
                })
                .collect(Collectors.joining(" "));
    }

    boolean matches(String pattern) {
        return Pattern.compile(pattern).matcher(code()).find();
    }

    /** The texts in it, functions' bodies among them. */
    List<String> texts() {
        return tokens.stream()
                .filter(token -> token.kind() == Token.Kind.TEXT)
                .map(Token::text)
                .toList();
    }

    /** Place of the first token behind a row of words; nothing where they do not stand there. */
    Optional<Integer> behind(String... words) {
        for (int i = 0; i + words.length <= tokens.size(); i++) {
            boolean all = true;
            for (int k = 0; k < words.length && all; k++) {
                all = tokens.get(i + k).is(words[k]);
            }
            if (all) {
                return Optional.of(i + words.length);
            }
        }
        return Optional.empty();
    }

    /** The name at a place, with its schema where it has one. */
    Optional<QualifiedName> nameAt(int place) {
        if (place >= tokens.size() || !tokens.get(place).isName()) {
            return Optional.empty();
        }
        boolean qualified = place + 2 < tokens.size()
                && tokens.get(place + 1).is(".")
                && tokens.get(place + 2).isName();
        return Optional.of(
                qualified
                        ? new QualifiedName(
                                tokens.get(place).name(), tokens.get(place + 2).name(), place + 3)
                        : new QualifiedName("", tokens.get(place).name(), place + 1));
    }

    /** What a statement that begins with these words is about; {@code IF [NOT] EXISTS}, {@code ONLY} are passed over. */
    Optional<QualifiedName> target(String... words) {
        if (!begins(words)) {
            return Optional.empty();
        }
        int place = words.length;
        while (place < tokens.size()
                && List.of("IF", "NOT", "EXISTS", "ONLY")
                        .contains(tokens.get(place).text())) {
            place++;
        }
        return nameAt(place);
    }

    boolean begins(String... words) {
        if (tokens.size() < words.length) {
            return false;
        }
        for (int i = 0; i < words.length; i++) {
            if (!tokens.get(i).is(words[i])) {
                return false;
            }
        }
        return true;
    }

    /**
     * A table's or another object's name.
     *
     * @param schema blank where it is not said
     * @param end place behind it
     */
    record QualifiedName(String schema, String name, int end) {}
}
