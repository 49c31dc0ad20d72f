package daftar.acceptance;

import daftar.migrate.Backfill;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The release of usage-service after this one, as a package beside the built one: it keeps what is reserved in {@code
 * usage_reservations.token_count}, a bigint, where this release has {@code tokens}. Its statements name the new column
 * alone, and it brings the scripts and the back-fill for that.
 */
final class NextRelease {

    /** What its sessions say, and what a roll-out says of it. */
    static final String VERSION = "1.1.0";

    private static final Path SCRIPTS = Path.of("src/test/resources/next-release/db/migration");

    /** Pieces of this release's statements, and what the next one has there. */
    private static final Map<String, String> CHANGES = Map.of(
            "r.id, r.user_id, r.state, r.tokens,",
            "r.id, r.user_id, r.state, r.token_count::int AS tokens,",
            "(id, user_id, period_end, subscription_id, tokens,",
            "(id, user_id, period_end, subscription_id, token_count,",
            "SET state = $2, tokens = $3,",
            "SET state = $2, token_count = $3::int,",
            "r.subscription_id, r.tokens,",
            "r.subscription_id, r.token_count::int AS tokens,",
            "r.subscription_id, r.state, r.tokens,",
            "r.subscription_id, r.state, r.token_count::int AS tokens,",
            "old.tokens,",
            "old.token_count::int AS tokens,",
            "sum(r.tokens)",
            "sum(r.token_count::int)");

    /** By which a statement would still be this release's. */
    private static final Pattern GONE = Pattern.compile("\\b(r|old)\\.tokens\\b");

    private NextRelease() {}

    /**
     * Makes the package.
     *
     * @param present the built package of this release, which stays as it is
     * @param next the new package's folder, made anew
     * @throws IllegalStateException when a statement is not what it was when this was written
     */
    static void make(Path present, Path next) throws IOException {
        delete(next);
        Files.createDirectories(next);
        Files.createSymbolicLink(next.resolve("lib"), present.resolve("lib").toRealPath());
        copy(present, next, "quarkus-run.jar");
        for (String folder : List.of("app", "quarkus")) {
            Files.createDirectory(next.resolve(folder));
            try (Stream<Path> files = Files.list(present.resolve(folder))) {
                for (Path file : files.toList()) {
                    copy(present, next, folder + "/" + file.getFileName());
                }
            }
        }
        Path application;
        try (Stream<Path> jars = Files.list(next.resolve("app"))) {
            application = jars.filter(jar -> jar.getFileName().toString().startsWith("usage-service-"))
                    .findFirst()
                    .orElseThrow();
        }
        Map<String, Integer> found = new HashMap<>();
        changeClasses(application, found);
        changeClasses(next.resolve("quarkus/transformed-bytecode.jar"), found);
        for (String piece : CHANGES.keySet()) {
            if (!found.containsKey(piece)) {
                throw new IllegalStateException("no statement of usage-service has \"" + piece + "\" any more");
            }
        }
        addMigration(application);
    }

    static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            // a link is deleted, not what it leads to
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void copy(Path from, Path to, String name) throws IOException {
        Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private static void changeClasses(Path jar, Map<String, Integer> found) throws IOException {
        try (FileSystem inside = FileSystems.newFileSystem(jar);
                Stream<Path> files = Files.walk(inside.getPath("/daftar/usage"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".class")).toList()) {
                byte[] before = Files.readAllBytes(file);
                byte[] after = ClassConstants.change(before, text -> changed(file, text, found));
                if (!java.util.Arrays.equals(before, after)) {
                    Files.write(file, after);
                }
            }
        }
    }

    private static String changed(Path file, String text, Map<String, Integer> found) {
        String next = text;
        for (Map.Entry<String, String> change : CHANGES.entrySet()) {
            if (next.contains(change.getKey())) {
                next = next.replace(change.getKey(), change.getValue());
                found.merge(change.getKey(), 1, Integer::sum);
            }
        }
        if (GONE.matcher(next).find()) {
            throw new IllegalStateException(file + " has a statement that nobody taught the next release: " + next);
        }
        return next;
    }

    /** The scripts, and the back-fill as a service writes one. */
    private static void addMigration(Path jar) throws IOException {
        try (FileSystem inside = FileSystems.newFileSystem(jar);
                Stream<Path> scripts = Files.list(SCRIPTS)) {
            for (Path script : scripts.toList()) {
                Files.copy(script, inside.getPath("/db/migration/" + script.getFileName()));
            }
            String name = ReservationTokenCounts.class.getName();
            Path place = inside.getPath("/" + name.replace('.', '/') + ".class");
            Files.createDirectories(place.getParent());
            Files.write(place, bytesOf(ReservationTokenCounts.class));
            Path services = inside.getPath("/META-INF/services");
            Files.createDirectories(services);
            Files.writeString(services.resolve(Backfill.class.getName()), name + "\n");
        }
    }

    private static byte[] bytesOf(Class<?> type) {
        try (InputStream file = type.getResourceAsStream(type.getSimpleName() + ".class")) {
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
