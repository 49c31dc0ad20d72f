package daftar.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The service kit stays small: at most 30 top-level types and 2,500 lines of code. */
class KitBudgetTest {

    private static final Path SOURCES = Path.of("../service-kit/src/main/java");
    private static final int TYPES = 30;
    private static final int LINES = 2_500;

    /** Comments, imports and empty lines are no code. */
    private static final Pattern NO_CODE = Pattern.compile("\\s*(//.*|/?\\*.*|import .*|package .*)?");

    @Test
    void hasNoMoreTypesAndLinesThanItMay() throws IOException {
        List<Path> types;
        try (Stream<Path> files = Files.walk(SOURCES)) {
            types = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.endsWith("package-info.java"))
                    .toList();
        }
        long lines = types.stream().mapToLong(KitBudgetTest::code).sum();
        assertTrue(!types.isEmpty() && types.size() <= TYPES, types.size() + " types");
        assertTrue(lines <= LINES, lines + " lines of code");
    }

    private static long code(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> !NO_CODE.matcher(line).matches()).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
