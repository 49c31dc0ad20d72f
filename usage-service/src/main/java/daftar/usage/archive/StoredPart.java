package daftar.usage.archive;

import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.annotation.Nullable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.LocalInputFile;

/** Reads a part back from S3, whole. Waits for S3, the database and the disk: never on an event loop. */
final class StoredPart {

    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** What is done with each row. */
    interface Reader {

        /** A row that can be read, and whose it is; {@link ArchiveKeys#NOBODY} for rows without a user. */
        void row(UUID keyId, UUID userId, ArchivedRow row) throws IOException;

        /** A row whose key was destroyed. */
        void erased() throws IOException;
    }

    /**
     * What came of comparing a part with its manifest.
     *
     * @param damage what is wrong; null when all is well
     * @param erasedMeanwhile whether a key was destroyed since the export, so that the rest cannot be told
     */
    record Comparison(@Nullable String damage, boolean erasedMeanwhile) {}

    private final ArchiveStore store;
    private final ArchiveKeys keys;
    private final SqlClient database;
    private final WorkFolder folder;

    /**
     * Reads parts.
     *
     * @param database where the keys are asked for
     */
    StoredPart(ArchiveStore store, ArchiveKeys keys, SqlClient database, WorkFolder folder) {
        this.store = store;
        this.keys = keys;
        this.database = database;
        this.folder = folder;
    }

    /** Compares what lies in S3 with the manifest of the part's last upload. */
    Comparison compare(Part part) throws IOException {
        Totals.Adding adding = new Totals.Adding();
        boolean[] erased = {false};
        try {
            if (!store.text(part.manifestKey()).equals(part.manifest().json())) {
                throw new DamagedFile("the stored manifest is another one", null);
            }
            readWhole(part.manifest(), new Reader() {
                @Override
                public void row(UUID keyId, UUID userId, ArchivedRow row) {
                    adding.add(keyId, row);
                }

                @Override
                public void erased() {
                    erased[0] = true;
                }
            });
        } catch (DamagedFile damaged) {
            return new Comparison(damaged.getMessage(), false);
        }
        if (!erased[0] && !adding.totals().equals(part.manifest().totals())) {
            return new Comparison("the stored rows are others than the manifest says", false);
        }
        return new Comparison(null, erased[0]);
    }

    /**
     * Reads all rows, file by file, each in the order of keys and times, without a copy on disk.
     *
     * @throws DamagedFile when a row cannot be decrypted
     * @throws IOException when S3 cannot be reached
     */
    void read(Manifest manifest, Reader reader) throws IOException {
        for (Manifest.DataFile file : manifest.files()) {
            read(new StoredFile(store, file), file, reader);
        }
    }

    /** As {@link #read}, of files whose bytes are the manifest's. */
    private void readWhole(Manifest manifest, Reader reader) throws IOException {
        Path fetched = folder.fresh();
        try {
            for (Manifest.DataFile file : manifest.files()) {
                Path path = fetched.resolve("file.parquet");
                store.fetch(file.key(), path);
                if (Files.size(path) != file.bytes() || !WorkFolder.sha256(path).equals(file.sha256())) {
                    throw new DamagedFile("a stored file has other bytes than the manifest says", null);
                }
                read(new LocalInputFile(path), file, reader);
                Files.delete(path);
            }
        } finally {
            folder.delete(fetched);
        }
    }

    private void read(InputFile input, Manifest.DataFile file, Reader reader) throws IOException {
        Map<UUID, ArchiveKeys.Found> ofFile = keys.between(database, file.firstKeyId(), file.lastKeyId())
                .await()
                .atMost(LIMIT);
        ParquetReading.read(input, null, (keyId, timestamp, content) -> {
            ArchiveKeys.Found found = ofFile.get(keyId);
            if (found == null) {
                throw new DamagedFile("a stored row has a key that never was", null);
            }
            if (found.key() == null) {
                reader.erased();
                return;
            }
            try {
                reader.row(keyId, found.userId(), found.key().open(timestamp, content));
            } catch (GeneralSecurityException e) {
                throw new DamagedFile("a stored row cannot be decrypted", e);
            }
        });
    }
}
