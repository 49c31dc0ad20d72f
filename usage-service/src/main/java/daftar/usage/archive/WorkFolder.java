package daftar.usage.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Where a run keeps files for a moment; readable by its owner alone. One run at a time uses it. */
record WorkFolder(Path root) {

    /** A new, empty folder in it. */
    Path fresh() throws IOException {
        Files.createDirectories(root);
        return Files.createTempDirectory(root, "part-");
    }

    /** Deletes what runs left behind that were killed. */
    void clear() throws IOException {
        if (Files.isDirectory(root)) {
            try (Stream<Path> left = Files.list(root)) {
                for (Path folder : left.toList()) {
                    delete(folder);
                }
            }
        }
    }

    /** Deletes a folder and what is in it. */
    void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Hexadecimal. */
    static String sha256(Path file) throws IOException {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        try (InputStream bytes = new DigestInputStream(Files.newInputStream(file), sha256)) {
            bytes.transferTo(java.io.OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(sha256.digest());
    }
}
