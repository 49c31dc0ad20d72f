package daftar.migrate.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A word, text or sign of SQL.
 *
 * @param text words in upper case, quoted names and texts as they stand without their quotes, signs one by one
 * @param line counted from one
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        WORD,
        QUOTED,
        TEXT,
        SIGN,
        COMMENT
    }

    private static final Pattern TOKEN = Pattern.compile(
            "(?<comment>--[^\\n]*|/\\*.*?\\*/)"
                    + "|\\$(?<tag>\\w*)\\$(?<body>.*?)\\$\\k<tag>\\$"
                    + "|[eE]?'(?<text>(?:[^']|'')*)'"
                    + "|\"(?<quoted>(?:[^\"]|\"\")*)\""
                    + "|(?<word>[\\p{L}_0-9][\\p{L}_0-9$]*)"
                    + "|(?<sign>\\S)",
            Pattern.DOTALL);

    /** All of a text's tokens, comments among them. */
    static List<Token> of(String sql) {
        List<Token> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(sql);
        int line = 1;
        int counted = 0;
        while (matcher.find()) {
            line += newlines(sql, counted, matcher.start());
            counted = matcher.start();
            tokens.add(token(matcher, line));
        }
        return tokens;
    }

    private static Token token(Matcher matcher, int line) {
        if (matcher.group("comment") != null) {
            return new Token(Kind.COMMENT, matcher.group("comment"), line);
        }
        if (matcher.group("body") != null) {
            return new Token(Kind.TEXT, matcher.group("body"), line);
        }
        if (matcher.group("text") != null) {
            return new Token(Kind.TEXT, matcher.group("text").replace("''", "'"), line);
        }
        if (matcher.group("quoted") != null) {
            return new Token(Kind.QUOTED, matcher.group("quoted"), line);
        }
        return matcher.group("word") != null
                ? new Token(Kind.WORD, matcher.group("word").toUpperCase(Locale.ROOT), line)
                : new Token(Kind.SIGN, matcher.group("sign"), line);
    }

    boolean is(String word) {
        return (kind == Kind.WORD || kind == Kind.SIGN) && text.equals(word);
    }

    boolean isName() {
        return kind == Kind.WORD || kind == Kind.QUOTED;
    }

    /** As PostgreSQL keeps it. */
    String name() {
        return kind == Kind.WORD ? text.toLowerCase(Locale.ROOT) : text;
    }

    private static int newlines(String text, int from, int to) {
        return (int) text.substring(from, to).chars().filter(c -> c == '\n').count();
    }
}
