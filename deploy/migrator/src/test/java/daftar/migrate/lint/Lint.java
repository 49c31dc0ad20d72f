package daftar.migrate.lint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All rules over all slices of the repository. */
final class Lint {
    static final List<String> SLICES = List.of("identity", "consent", "analytics", "usage", "billing");
    static final Path ROOT =
            Path.of("").toAbsolutePath().normalize().getParent().getParent();

    private static final Path DATA = ROOT.resolve("deploy/migrator/src/test/resources/lint");
    private static final Pattern RETAINED = Pattern.compile("\"table\": \"([a-z_]+)\"");
    private static final Pattern SQL_BLOCK = Pattern.compile("```sql\\n(.*?)```", Pattern.DOTALL);

    private final List<Rules> families;
    private final LocalDate today;

    private Lint(List<Rules> families, LocalDate today) {
        this.families = families;
        this.today = today;
    }

    /** The rules as the repository's own files complete them. */
    static Lint ofRepository(LocalDate today) {
        return of(Released.of(read(DATA.resolve("released.txt")).lines().toList()), retained(), today);
    }

    static Lint of(Released released, Optional<Set<String>> retained, LocalDate today) {
        return new Lint(
                List.of(
                        new FlywayRules(released),
                        new PhaseRules(),
                        new LockRules(),
                        new SliceRules(),
                        new ShapeRules(documentedTypes()),
                        new PersonalDataRules(retained),
                        new DataRules()),
                today);
    }

    /** What is wrong with a slice's scripts and their waivers, in the order of files and lines. */
    List<Finding> check(Migrations slice, Optional<Path> waiversBeside) {
        List<Finding> found = new ArrayList<>(FlywayRules.checkSettings(slice.others()));
        Waivers waivers = Waivers.ofOwnRules(today);
        for (MigrationFile file : slice.files()) {
            families.forEach(family -> found.addAll(family.check(file, slice)));
            waivers.in(file);
        }
        waiversBeside.ifPresent(path -> waivers.beside(
                ROOT.relativize(path).toString(),
                read(path)
                        .lines()
                        .map(line -> line.startsWith("#") || line.startsWith(slice.slice() + "/") ? line : "")
                        .collect(Collectors.joining("\n"))));
        return waivers.apply(slice.files(), found).stream()
                .sorted(java.util.Comparator.comparing(Finding::file).thenComparing(Finding::line))
                .toList();
    }

    /** The waivers of scripts that were released before there was a linter. */
    static Path waiversBeside() {
        return DATA.resolve("waivers.txt");
    }

    /** A slice's scripts and settings, as they lie in its service. */
    static Migrations read(String slice) {
        Path resources = ROOT.resolve(slice + "-service/src/main/resources");
        Path settings = resources.resolve("application.properties");
        return new Migrations(
                slice,
                scripts(slice, resources.resolve("db/migration")),
                new TreeMap<>(Map.of(ROOT.relativize(settings).toString(), read(settings))));
    }

    /** usage's scripts and those of the release after it, by which the acceptance tests replace it. */
    static Migrations readNextRelease() {
        Migrations present = read("usage");
        List<MigrationFile> files = new ArrayList<>(present.files());
        files.addAll(scripts("usage", ROOT.resolve("deploy/acceptance/src/test/resources/next-release/db/migration")));
        return new Migrations("usage", files, present.others());
    }

    private static List<MigrationFile> scripts(String slice, Path folder) {
        try (Stream<Path> listed = Files.list(folder)) {
            return listed.filter(path -> path.toString().endsWith(".sql"))
                    .map(path -> file(slice, path))
                    .sorted(java.util.Comparator.comparingInt(
                            file -> file.version().orElse(Integer.MAX_VALUE)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MigrationFile file(String slice, Path path) {
        Path config = path.resolveSibling(path.getFileName() + ".conf");
        return MigrationFile.of(
                slice,
                ROOT.relativize(path).toString(),
                read(path),
                Files.exists(config) ? Optional.of(read(config)) : Optional.empty());
    }

    /** The columns of the schema document with the first word of their types; a copy of one has its type elsewhere too. */
    private static Set<String> documentedTypes() {
        Set<String> types = new HashSet<>();
        Matcher blocks = SQL_BLOCK.matcher(read(ROOT.resolve("deploy/docs/SCHEMA.md")));
        while (blocks.find()) {
            for (Statement statement : Statement.of(Token.of(blocks.group(1)))) {
                Table.of(statement)
                        .ifPresent(table -> table.columns
                                .values()
                                .forEach(column -> types.add(column.name() + " "
                                        + column.definition().get(0).text())));
            }
        }
        return types;
    }

    /** The tables of the services' retention schedules, {@code slice.table}. */
    private static Optional<Set<String>> retained() {
        return Optional.of(SLICES.stream()
                .flatMap(slice -> RETAINED.matcher(
                                read(ROOT.resolve(slice + "-service/src/main/resources/retention.json")))
                        .results()
                        .map(entry -> slice + "." + entry.group(1)))
                .collect(Collectors.toSet()));
    }

    static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
