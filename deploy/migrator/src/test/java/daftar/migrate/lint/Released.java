package daftar.migrate.lint;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The scripts that have run outside their author's machine, with their checksums: {@code slice file sha-256}, a line each. */
final class Released {
    private static final Pattern VERSION = Pattern.compile("V(\\d+)__.*");

    private final Map<String, String> checksums = new TreeMap<>();

    /** @param lines as in {@code released.txt}; a # begins a comment */
    static Released of(List<String> lines) {
        Released released = new Released();
        for (String line : lines) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" ", 3);
                released.checksums.put(parts[0] + " " + parts[1], parts[2]);
            }
        }
        return released;
    }

    boolean knows(MigrationFile file) {
        return checksums.containsKey(key(file));
    }

    boolean hasChanged(MigrationFile file) {
        return knows(file) && !checksums.get(key(file)).equals(checksum(file));
    }

    int newestVersion(String slice) {
        return checksums.keySet().stream()
                .filter(key -> key.startsWith(slice + " "))
                .map(key -> VERSION.matcher(key.substring(slice.length() + 1)))
                .filter(Matcher::matches)
                .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                .max()
                .orElse(0);
    }

    /** The line that says that a script is released. */
    static String line(MigrationFile file) {
        return key(file) + " " + checksum(file);
    }

    private static String key(MigrationFile file) {
        return file.slice() + " " + file.name();
    }

    private static String checksum(MigrationFile file) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256")
                            .digest(file.text().replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
