package daftar.local.stack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Archives of loaded classes, which make later starts of a service faster: written when the service first ends, used from
 * then on, made anew when the service was built again. A JVM ignores an archive that does not fit it.
 */
final class ClassArchive {
    /** First JDK with ahead-of-time caches that one run can write (JEP 514). */
    private static final int AOT_SINCE = 25;

    private ClassArchive() {}

    static List<String> options(Path java, Path cache, String service, Path jar) {
        Path archive = archive(java, cache, service);
        boolean current = isCurrent(java, cache, service, jar);
        // a line for each class that is left out would stand between the service's own, which are JSON
        if (archive.toString().endsWith(".aot")) {
            return List.of(
                    (current ? "-XX:AOTCache=" : "-XX:AOTCacheOutput=") + archive, "-Xlog:aot*=error,cds*=error");
        }
        return current
                ? List.of("-XX:SharedArchiveFile=" + archive, "-Xshare:auto", "-Xlog:cds*=error")
                : List.of("-XX:ArchiveClassesAtExit=" + archive, "-Xlog:cds*=error");
    }

    /** Whether the archive is there and younger than the service. */
    static boolean isCurrent(Path java, Path cache, String service, Path jar) {
        Path archive = archive(java, cache, service);
        try {
            return Files.exists(archive)
                    && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path archive(Path java, Path cache, String service) {
        int version = javaVersion(java);
        return cache.resolve(service + "-" + version + (version >= AOT_SINCE ? ".aot" : ".jsa"));
    }

    /** The JDK's release file is there in every JDK and spares starting a JVM to ask it. */
    static int javaVersion(Path java) {
        try {
            Path release = java.toRealPath().getParent().resolveSibling("release");
            for (String line : Files.readAllLines(release)) {
                if (line.startsWith("JAVA_VERSION=")) {
                    return Runtime.Version.parse(
                                    line.substring("JAVA_VERSION=".length()).replace("\"", ""))
                            .feature();
                }
            }
        } catch (IOException e) {
            return Runtime.version().feature();
        }
        return Runtime.version().feature();
    }
}
