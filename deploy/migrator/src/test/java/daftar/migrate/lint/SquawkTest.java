package daftar.migrate.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SquawkTest {
    private static Squawk squawk;

    @BeforeAll
    static void fetch() throws IOException {
        squawk = Squawk.installed();
    }

    static Stream<String> slices() {
        return Lint.SLICES.stream();
    }

    static Stream<Path> badScripts() throws IOException {
        try (Stream<Path> files = Files.list(Lint.ROOT.resolve("deploy/migrator/src/test/resources/lint/squawk"))) {
            return files.sorted().toList().stream();
        }
    }

    /** The build fails here on a finding: mend the script, or waive squawk/&lt;rule&gt; with a reason and an end. */
    @ParameterizedTest
    @MethodSource("slices")
    void hasNothingAgainstTheScriptsOfTheServices(String slice) throws IOException {
        List<MigrationFile> files = Lint.read(slice).files();
        Waivers waivers = Waivers.ofSquawk(LocalDate.now(ZoneOffset.UTC));
        List<Finding> findings = new ArrayList<>();
        for (MigrationFile file : files) {
            waivers.in(file);
            findings.addAll(squawk.check(file));
        }
        assertEquals(List.of(), waivers.apply(files, findings));
    }

    @Test
    void hasNothingAgainstTheReleaseThatReplacesUsage() throws IOException {
        List<MigrationFile> present = Lint.read("usage").files();
        List<Finding> findings = new ArrayList<>();
        for (MigrationFile file : Lint.readNextRelease().files()) {
            if (!present.contains(file)) {
                findings.addAll(squawk.check(file));
            }
        }
        assertEquals(List.of(), findings);
    }

    @Test
    void hasNothingAgainstTheGuidesExamples() throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (MigrationFile file : Guide.read().scripts("usage")) {
            findings.addAll(squawk.check(file));
        }
        assertEquals(List.of(), findings);
    }

    @ParameterizedTest
    @MethodSource("badScripts")
    void catchesEachBadScriptByTheRuleThatItIsNamedAfter(Path file) throws IOException {
        String rule = Squawk.PREFIX + file.getFileName().toString().replace(".sql", "");
        List<Finding> findings =
                squawk.check(MigrationFile.of("usage", "V2__bad.sql", Files.readString(file), Optional.empty()));
        assertTrue(findings.stream().anyMatch(finding -> finding.rule().equals(rule)), findings::toString);
    }

    @Test
    void itsFindingsCanBeWaivedToo() throws IOException {
        MigrationFile file = MigrationFile.of("usage", "V2__index.sql", """
                -- Phase: expand. Safe.
                -- waive: squawk/require-concurrent-index-creation reason=a table of five rows until=2026-12-31
                CREATE INDEX words_word ON words (word);
                """, Optional.empty());
        Waivers waivers = Waivers.ofSquawk(LocalDate.of(2026, 11, 25));
        waivers.in(file);
        assertEquals(List.of(), waivers.apply(List.of(file), squawk.check(file)));
    }
}
