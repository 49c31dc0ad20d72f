package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whose a thing is: a slice's scripts touch the slice alone, but for the foreign keys to {@code identity.users (id)}. */
final class SliceRules implements Rules {
    private static final Set<String> SLICES = Set.of("identity", "consent", "analytics", "usage", "billing");
    private static final Pattern REFERENCES =
            Pattern.compile("\\bREFERENCES (\\S+) \\. (\\S+)( \\( (\\S+) \\))?(?= |$)");
    private static final Pattern GRANTEES = Pattern.compile("^GRANT .*\\bTO (.+?)( WITH GRANT OPTION.*)?$");
    private static final Pattern QUALIFIED = Pattern.compile("(?<![\\w.\"'/-])([a-z]+)\\.([a-z_]+)\\b");

    @Override
    public List<Finding> check(MigrationFile file, Migrations slice) {
        List<Finding> findings = new ArrayList<>();
        for (Statement statement : file.statements()) {
            foreignObject(file, statement).ifPresent(findings::add);
            references(file, statement, findings);
            grants(file, statement).ifPresent(findings::add);
            if (statement.matches("\\bSECURITY DEFINER\\b") && !statement.matches("\\bSET SEARCH_PATH\\b")) {
                findings.add(file.finding(
                        statement.line(),
                        "function-search-path",
                        "Whoever calls it chooses what the names in it mean, with the owner's rights",
                        "Add SET search_path = " + file.slice() + ", pg_catalog, pg_temp"));
            }
        }
        return findings;
    }

    private static Optional<Finding> foreignObject(MigrationFile file, Statement statement) {
        List<Token> tokens = statement.tokens();
        for (int i = 0; i + 2 < tokens.size(); i++) {
            boolean qualified = tokens.get(i).isName()
                    && tokens.get(i + 1).is(".")
                    && tokens.get(i + 2).isName();
            if (qualified
                    && isForeign(file, tokens.get(i).name(), tokens.get(i + 2).name())
                    && !(i > 0 && tokens.get(i - 1).is("REFERENCES"))) {
                return Optional.of(foreign(
                        file,
                        tokens.get(i).line(),
                        tokens.get(i).name() + "." + tokens.get(i + 2).name()));
            }
        }
        if (statement.begins("COMMENT")) {
            return Optional.empty();
        }
        for (Token token : tokens) {
            if (token.kind() == Token.Kind.TEXT) {
                Matcher names = QUALIFIED.matcher(token.text());
                while (names.find()) {
                    if (isForeign(file, names.group(1), names.group(2))) {
                        return Optional.of(foreign(file, token.line(), names.group()));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Finding foreign(MigrationFile file, int line, String name) {
        return file.finding(
                line,
                "foreign-object",
                name + " is not of slice " + file.slice(),
                "Leave it to its own service, and take what you need from its topic");
    }

    private static boolean isForeign(MigrationFile file, String schema, String name) {
        boolean usersId = schema.equals("identity") && name.equals("users");
        return (SLICES.contains(schema) || schema.equals("public")) && !schema.equals(file.slice()) && !usersId;
    }

    private static void references(MigrationFile file, Statement statement, List<Finding> findings) {
        Matcher references = REFERENCES.matcher(statement.code());
        while (references.find()) {
            String target = references.group(1) + "." + references.group(2) + "(" + references.group(4) + ")";
            boolean own = references.group(1).equalsIgnoreCase(file.slice());
            if (!own && !target.equals("IDENTITY.USERS(ID)")) {
                findings.add(file.finding(
                        statement.line(),
                        "foreign-key-target",
                        "Across slices a foreign key leads to identity.users (id) and nowhere else",
                        "Keep the id without a key"));
            }
        }
    }

    private static Optional<Finding> grants(MigrationFile file, Statement statement) {
        Matcher grantees = GRANTEES.matcher(statement.code());
        if (!grantees.matches()) {
            return Optional.empty();
        }
        List<String> own = List.of(file.slice() + "_app", file.slice() + "_owner");
        for (String grantee : grantees.group(1).split(" , ", -1)) {
            if (!own.contains(grantee.toLowerCase(java.util.Locale.ROOT))) {
                return Optional.of(file.finding(
                        statement.line(),
                        "grant-to-others",
                        grantee.toLowerCase(java.util.Locale.ROOT) + " is no role of slice " + file.slice(),
                        "Publish what the other needs in a topic"));
            }
        }
        return Optional.empty();
    }
}
