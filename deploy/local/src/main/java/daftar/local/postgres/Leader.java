package daftar.local.postgres;

import daftar.local.StartFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Which server of a cluster is the primary, in a file beside their folders: whatever ends in the middle of a promotion, the
 * next start knows whose data counts.
 */
final class Leader {
    private static final String REPLICA = "replica";

    private final Path file;

    Leader(Path directory) {
        this.file = directory.resolve("leader");
    }

    /** Whether the server that began as the replica is the primary; it is not while there is no file. */
    boolean isReplica() {
        try {
            return Files.exists(file) && Files.readString(file).strip().equals(REPLICA);
        } catch (IOException e) {
            throw new StartFailure("Cannot read " + file + ": make the data folder yours.", e);
        }
    }

    void is(PostgresServer server) {
        Path fresh = file.resolveSibling("leader.new");
        try {
            Files.writeString(fresh, server.data().getFileName() + "\n");
            flush(fresh);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            flush(file.getParent());
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + file + ": make the data folder yours.", e);
        }
    }

    /** A machine that loses its power after a promotion must not begin with the old data again. */
    private static void flush(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
