package daftar.migrate.lint;

import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Exceptions, each with a reason and an end: in the script, {@code -- waive: <rule> reason=… until=YYYY-MM-DD}, or, for a
 * script that has been released and must not change, in a file beside the linter, a line {@code <slice>/<script> <rule>
 * reason=… until=YYYY-MM-DD} each. One that has ended, that lacks something or that waives nothing is a finding itself.
 */
final class Waivers {
    private static final Pattern IN_SCRIPT = Pattern.compile("^--\\s*waive:\\s*(\\S+)?(.*)$");
    private static final Pattern REASON_AND_END =
            Pattern.compile("^\\s*reason=(.{10,}?)\\s+until=(\\d{4}-\\d\\d-\\d\\d)\\s*$");

    private final LocalDate today;
    private final boolean ofSquawk;
    private final List<Waiver> waivers = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    /** @param script {@code slice/name} of the only script that it is for */
    private record Waiver(String script, String rule, String file, int line, LocalDate until) {}

    private Waivers(LocalDate today, boolean ofSquawk) {
        this.today = today;
        this.ofSquawk = ofSquawk;
    }

    /** Those of our own rules. */
    static Waivers ofOwnRules(LocalDate today) {
        return new Waivers(today, false);
    }

    /** Those of squawk's rules, whose names begin with {@value Squawk#PREFIX}. */
    static Waivers ofSquawk(LocalDate today) {
        return new Waivers(today, true);
    }

    /** Reads those in a script. */
    void in(MigrationFile file) {
        for (Token token : file.tokens()) {
            if (token.kind() == Token.Kind.COMMENT) {
                Matcher matcher = IN_SCRIPT.matcher(token.text());
                if (token.text().matches("--\\s*squawk-ignore.*")) {
                    findings.add(malformed(file.path(), token.line()));
                }
                if (matcher.matches()) {
                    add(script(file), matcher.group(1), matcher.group(2), file.path(), token.line());
                }
            }
        }
    }

    /** Reads those of released scripts. */
    void beside(String path, String text) {
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" ", 3);
                add(parts[0], parts.length > 1 ? parts[1] : null, parts.length > 2 ? parts[2] : "", path, i + 1);
            }
        }
    }

    private void add(String script, String rule, String rest, String path, int line) {
        Optional<LocalDate> until = end(rest);
        if (rule == null || until.isEmpty()) {
            findings.add(malformed(path, line));
        } else if (rule.startsWith(Squawk.PREFIX) == ofSquawk) {
            waivers.add(new Waiver(script, rule, path, line, until.get()));
        }
    }

    private static Finding malformed(String path, int line) {
        return new Finding(
                path,
                line,
                "waiver-form",
                "A waiver names its rule, a reason of ten letters or more and its end",
                "Write -- waive: <rule> reason=<why> until=YYYY-MM-DD");
    }

    private static Optional<LocalDate> end(String rest) {
        Matcher matcher = REASON_AND_END.matcher(rest);
        try {
            return matcher.matches() ? Optional.of(LocalDate.parse(matcher.group(2))) : Optional.empty();
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The findings that no waiver covers, and what is wrong with the waivers. */
    List<Finding> apply(List<MigrationFile> files, List<Finding> found) {
        List<Finding> left = new ArrayList<>(findings);
        List<Waiver> used = new ArrayList<>();
        for (Finding finding : found) {
            Optional<Waiver> waiver = waivers.stream()
                    .filter(each -> each.rule().equals(finding.rule()))
                    .filter(each -> files.stream()
                            .anyMatch(file -> file.path().equals(finding.file())
                                    && script(file).equals(each.script())))
                    .findFirst();
            waiver.ifPresent(used::add);
            if (waiver.isEmpty()) {
                left.add(finding);
            }
        }
        for (Waiver waiver : waivers) {
            if (waiver.until().isBefore(today)) {
                left.add(of(
                        waiver,
                        "waiver-expired",
                        "The waiver of " + waiver.rule() + " ended on " + waiver.until(),
                        "Mend the script or say anew why it may stay"));
            } else if (!used.contains(waiver)) {
                left.add(of(
                        waiver, "waiver-unused", "Nothing breaks " + waiver.rule() + " here", "Take the waiver out"));
            }
        }
        return left;
    }

    private static Finding of(Waiver waiver, String rule, String what, String remedy) {
        return new Finding(waiver.file(), waiver.line(), rule, what, remedy);
    }

    private static String script(MigrationFile file) {
        return file.slice() + "/" + file.name();
    }
}
