package daftar.migrate.lint;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A script with its parts.
 *
 * @param path as findings name it, from the repository's root
 * @param config text of the file {@code <name>.conf} beside it
 */
record MigrationFile(
        String slice,
        String path,
        String name,
        String text,
        Optional<String> config,
        List<Token> tokens,
        List<Statement> statements) {
    private static final Pattern VERSION = Pattern.compile("V(\\d+)__.*");
    private static final Pattern PHASE = Pattern.compile("^-- Phase: (expand|contract)\\. +\\S.*", Pattern.MULTILINE);

    static MigrationFile of(String slice, String path, String text, Optional<String> config) {
        List<Token> tokens = Token.of(text);
        String name = path.substring(path.lastIndexOf('/') + 1);
        return new MigrationFile(slice, path, name, text, config, tokens, Statement.of(tokens));
    }

    OptionalInt version() {
        Matcher matcher = VERSION.matcher(name);
        return matcher.matches() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
    }

    String header() {
        return text.lines()
                .takeWhile(line -> line.isBlank() || line.startsWith("--"))
                .collect(Collectors.joining("\n"));
    }

    /** The phase that the header says; blank where it says none, or not why it is safe. */
    String phase() {
        Matcher matcher = PHASE.matcher(header());
        return matcher.find() ? matcher.group(1) : "";
    }

    boolean isContract() {
        return phase().equals("contract");
    }

    /** The tables that it creates. */
    List<Table> tables() {
        return statements.stream().map(Table::of).flatMap(Optional::stream).toList();
    }

    boolean isConcurrent() {
        return statements.stream().anyMatch(statement -> statement.matches("\\bCONCURRENTLY\\b"));
    }

    Finding finding(int line, String rule, String what, String remedy) {
        return new Finding(path, line, rule, what, remedy);
    }
}
