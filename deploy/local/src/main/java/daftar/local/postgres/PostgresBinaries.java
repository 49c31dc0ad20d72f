package daftar.local.postgres;

import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, unpacked once per version into a folder that the server's account can read. */
final class PostgresBinaries {
    private final Path folder;

    private PostgresBinaries(Path folder) {
        this.folder = folder;
    }

    Path program(String name) {
        return folder.resolve("bin").resolve(name);
    }

    /**
     * Unpacks unless it was done before. Two processes may do so at the same time: each unpacks into a folder of its own and
     * the first rename wins.
     *
     * @param jar the platform's jar, a zip that holds one tar.xz
     * @param parent folder that keeps one folder per version
     */
    static PostgresBinaries unpack(Path jar, Path parent) {
        String version = jar.getFileName().toString().replaceAll("^embedded-|\\.jar$", "");
        Path target = parent.resolve(version);
        if (Files.isDirectory(target)) {
            return new PostgresBinaries(target);
        }
        try {
            Files.createDirectories(parent);
            Path fresh = Files.createTempDirectory(parent, version + ".");
            try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(jar))) {
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    if (entry.getName().endsWith(".txz")) {
                        untar(zip, fresh);
                        break;
                    }
                }
            }
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
            try {
                Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                if (!Files.isDirectory(target)) {
                    throw e;
                }
                LocalProcess.run(Duration.ofMinutes(1), List.of("rm", "-rf", fresh.toString()));
            }
            return new PostgresBinaries(target);
        } catch (IOException e) {
            throw new StartFailure(
                    "Cannot unpack PostgreSQL into " + parent + " (" + e.getMessage()
                            + "): make room or name another data folder.",
                    e);
        }
    }

    private static void untar(InputStream compressed, Path folder) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(compressed));
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path path = folder.resolve(entry.getName()).normalize();
            if (!path.startsWith(folder)) {
                throw new IOException("archive entry outside its folder: " + entry.getName());
            }
            Files.createDirectories(entry.isDirectory() ? path : path.getParent());
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else if (entry.isFile()) {
                Files.copy(tar, path, StandardCopyOption.REPLACE_EXISTING);
                boolean executable = (entry.getMode() & 0111) != 0;
                Files.setPosixFilePermissions(
                        path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }
}
