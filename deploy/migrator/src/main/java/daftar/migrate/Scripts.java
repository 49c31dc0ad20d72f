package daftar.migrate;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a slice's scripts lie. */
public sealed interface Scripts {

    /** In a folder, as while the service is being written. */
    static Scripts in(Path folder) {
        return new Folder(folder);
    }

    /** In {@code db/migration} on the class path, as in a packaged service. */
    static Scripts ofClassPath() {
        return new ClassPath();
    }

    /** In the words of Flyway's setting {@code locations}. */
    String location();

    /** A script's text, by its file's name. */
    String read(String name);

    /** See {@link Scripts#in}. */
    record Folder(Path folder) implements Scripts {
        @Override
        public String location() {
            return "filesystem:" + folder;
        }

        @Override
        public String read(String name) {
            try {
                return Files.readString(folder.resolve(name));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** See {@link Scripts#ofClassPath}. */
    record ClassPath() implements Scripts {
        private static final String FOLDER = "db/migration";

        @Override
        public String location() {
            return "classpath:" + FOLDER;
        }

        @Override
        public String read(String name) {
            try (InputStream file = ClassPath.class.getClassLoader().getResourceAsStream(FOLDER + "/" + name)) {
                if (file == null) {
                    throw new IOException(FOLDER + "/" + name + " is not on the class path");
                }
                return new String(file.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
