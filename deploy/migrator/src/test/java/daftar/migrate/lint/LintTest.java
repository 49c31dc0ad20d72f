package daftar.migrate.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LintTest {
    private static final Path BAD = Lint.ROOT.resolve("deploy/migrator/src/test/resources/lint/bad");
    private static final LocalDate TODAY = LocalDate.of(2026, 11, 25);
    /** Stands for the scripts of before. */
    private static final MigrationFile BASE = MigrationFile.of("usage", "V1__base.sql", """
            -- Phase: expand. Safe: new tables.
            CREATE TABLE words (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text NOT NULL DEFAULT '');
            COMMENT ON TABLE words IS 'What was said.';
            CREATE TABLE letters (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, letter text);
            COMMENT ON TABLE letters IS 'What it was said with.';
            """, Optional.empty());

    static Stream<String> slices() {
        return Lint.SLICES.stream();
    }

    static Stream<Path> badScripts() throws IOException {
        try (Stream<Path> files = Files.list(BAD)) {
            return files.filter(path -> !path.toString().endsWith(".conf")).sorted().toList().stream();
        }
    }

    /** The build fails here on a finding: mend the script, or waive the rule with a reason and an end. */
    @ParameterizedTest
    @MethodSource("slices")
    void theScriptsOfEachServiceKeepTheRules(String slice) {
        Lint lint = Lint.ofRepository(LocalDate.now(java.time.ZoneOffset.UTC));
        assertNone(lint.check(Lint.read(slice), Optional.of(Lint.waiversBeside())));
    }

    /** What replaces a release in a running system is what the rules let pass. */
    @Test
    void theScriptsOfTheReleaseThatReplacesUsageKeepTheRules() {
        Lint lint = Lint.ofRepository(LocalDate.now(java.time.ZoneOffset.UTC));
        Migrations next = Lint.readNextRelease();
        assertTrue(next.files().size() > Lint.read("usage").files().size());
        assertNone(lint.check(next, Optional.of(Lint.waiversBeside())));
    }

    @ParameterizedTest
    @MethodSource("badScripts")
    void eachBadScriptIsCaughtByExactlyTheRuleThatItIsNamedAfter(Path file) throws IOException {
        String rule = file.getFileName().toString().replaceFirst("\\.[a-z]+$", "");
        assertEquals(Set.of(rule), rulesOf(check(file)), () -> findingsOf(file));
    }

    @Test
    void everyRuleHasItsBadScript() throws IOException {
        Set<String> inCode = new TreeSet<>();
        try (Stream<Path> sources =
                Files.list(Lint.ROOT.resolve("deploy/migrator/src/test/java/daftar/migrate/lint"))) {
            for (Path source : sources.filter(path -> path.toString().matches(".*(Rules|Waivers)\\.java"))
                    .toList()) {
                Pattern.compile("\"([a-z]+(-[a-z]+)+)\"")
                        .matcher(Files.readString(source))
                        .results()
                        .forEach(rule -> inCode.add(rule.group(1)));
            }
        }
        Set<String> inCorpus = badScripts()
                .map(path -> path.getFileName().toString().replaceFirst("\\.[a-z]+$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(inCode, inCorpus);
    }

    @Test
    void theGuidesExamplesKeepTheRules() {
        List<MigrationFile> files = Guide.read().scripts("usage");
        assertTrue(files.size() > 10, () -> files.size() + " examples");
        Lint lint = Lint.of(Released.of(List.of()), Optional.empty(), TODAY);
        assertNone(lint.check(new Migrations("usage", files, Map.of()), Optional.empty()));
    }

    @Test
    void aWaiverWithAReasonAndAnEndLetsItsRulePass() {
        assertNone(check("""
                -- Phase: expand. Safe.
                -- waive: dml-in-script reason=a handful of rows, kept by hand until=2026-12-31
                UPDATE words SET word = 'ink' WHERE id = 1;
                """));
    }

    @Test
    void aFindingSaysFileLineRuleAndRemedy() {
        List<Finding> findings = check("""
                -- Phase: expand. Safe.

                LOCK TABLE words;
                """);
        assertEquals(
                "usage/V2__example.sql:3: lock-table: Everybody waits behind it until the end. Leave it out.",
                findings.get(0).toString());
    }

    @Test
    void whatIsInATextOrACommentIsNoStatement() {
        assertNone(check("""
                -- Phase: expand. Safe. DROP TABLE words;
                /* LOCK TABLE words; */
                COMMENT ON TABLE words IS 'DROP TABLE words; it''s $$ only a text';
                """));
    }

    private static List<Finding> check(String text) {
        return check(MigrationFile.of("usage", "usage/V2__example.sql", text, Optional.empty()), Map.of());
    }

    /** A script says in its first line what it is called, where that matters. */
    private static List<Finding> check(Path file) throws IOException {
        String text = Files.readString(file);
        if (file.toString().endsWith(".properties")) {
            return check(
                    MigrationFile.of("usage", "V2__none.sql", "-- Phase: expand. Safe.\n", Optional.empty()),
                    Map.of(file.getFileName().toString(), text));
        }
        Path config = file.resolveSibling(file.getFileName() + ".conf");
        String name = text.startsWith("-- as: ") ? text.substring(7, text.indexOf('\n')) : "V2__example.sql";
        String script = text.startsWith("-- as: ") ? text.substring(text.indexOf('\n') + 1) : text;
        return check(
                MigrationFile.of(
                        "usage",
                        name,
                        script,
                        Files.exists(config) ? Optional.of(Files.readString(config)) : Optional.empty()),
                Map.of());
    }

    private static List<Finding> check(MigrationFile file, Map<String, String> others) {
        List<MigrationFile> files = new ArrayList<>(List.of(BASE, file));
        Optional<Set<String>> retained = Optional.of(Set.of("usage.words", "usage.letters", "usage.notes"));
        List<String> released = new ArrayList<>(List.of(Released.line(BASE)));
        if (file.name().equals("V2__released.sql")) {
            released.add("usage V2__released.sql 0000");
        }
        return Lint.of(Released.of(released), retained, TODAY)
                .check(new Migrations("usage", files, others), Optional.empty());
    }

    private static String findingsOf(Path file) {
        try {
            return check(file).toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Set<String> rulesOf(List<Finding> findings) {
        return findings.stream().map(Finding::rule).collect(Collectors.toSet());
    }

    private static void assertNone(List<Finding> findings) {
        assertEquals(
                List.of(),
                findings,
                () -> findings.stream().map(Finding::toString).collect(Collectors.joining("\n", "\n", "\n")));
    }
}
