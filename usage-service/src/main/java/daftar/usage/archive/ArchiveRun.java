package daftar.usage.archive;

import daftar.kit.problem.DatabaseFailure;
import daftar.usage.archive.ArchiveProgress.Point;
import daftar.usage.archive.Part.State;
import io.micrometer.core.instrument.Counter;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Brings parts of the archive from {@link State#SEALED} to {@link State#DROPPED}. Each step can be repeated, and ends by
 * keeping the part's new state, so that whoever comes after a {@code kill -9} goes on from there.
 *
 * <p>No row is lost: a table is dropped only after it has left {@code usage_logs}, when nothing can be added to it any
 * more, and has then been found equal to what was read back from S3. A late event that came in after the export makes
 * it different, and the part is exported again.
 *
 * <p>Its methods wait for the database, S3 and the disk: never on an event loop.
 */
final class ArchiveRun {

    /** A part that is found different this often is left for the next run. */
    private static final int MOST_STEPS = 16;

    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final int LOCK_TRIES = 20;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(3);

    private static final String TABLE_EXISTS = """
            SELECT EXISTS (
                SELECT
                FROM pg_catalog.pg_class AS c
                WHERE c.relnamespace = 'usage'::regnamespace AND c.relname = $1::text
            ) AS yes
            """;

    /** No row where the table is no partition; true where a detachment was broken off. */
    private static final String ATTACHED = """
            SELECT i.inhdetachpending
            FROM pg_catalog.pg_inherits AS i
            JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'usage.usage_logs'::regclass AND c.relname = $1::text
            """;

    private final SqlConnection owner;
    private final UsageArchives archives;
    private final ArchiveKeys keys;
    private final ArchiveStore store;
    private final ArchiveProgress progress;
    private final WorkFolder folder;
    private final int rowsPerFile;
    private final Counter failures;

    ArchiveRun(
            SqlConnection owner,
            UsageArchives archives,
            ArchiveKeys keys,
            ArchiveStore store,
            ArchiveProgress progress,
            WorkFolder folder,
            int rowsPerFile,
            Counter failures) {
        this.owner = owner;
        this.archives = archives;
        this.keys = keys;
        this.store = store;
        this.progress = progress;
        this.folder = folder;
        this.rowsPerFile = rowsPerFile;
        this.failures = failures;
    }

    /**
     * Takes the part as far as it goes.
     *
     * @return the part as it is then; not dropped where it kept being found different
     * @throws IOException when S3 or the disk fails, {@code SQLException} when DuckDB does; the part stays where it is
     */
    Part finish(Part begun) throws IOException, SQLException {
        Part part = begun;
        for (int step = 0; part.state() != State.DROPPED && step < MOST_STEPS; step++) {
            part = next(part);
        }
        return part;
    }

    private Part next(Part part) throws IOException, SQLException {
        return switch (part.state()) {
            case SEALED -> upload(part);
            case UPLOADED -> verify(part);
            case VERIFIED -> detach(part);
            case DETACHED -> drop(part);
            case DROPPED -> part;
        };
    }

    private Part upload(Part part) throws IOException, SQLException {
        requireTable(part);
        Path exported = folder.fresh();
        try {
            Totals.Adding adding = new Totals.Adding();
            List<ParquetWriting.Written> written;
            try (ParquetWriting writing = new ParquetWriting(exported)) {
                rows(part).read((key, row) -> {
                    writing.add(key.id(), row.timestamp(), key.seal(row));
                    adding.add(key.id(), row);
                });
                written = writing.finish(rowsPerFile);
            }
            progress.passed(part, Point.EXPORTED);
            List<Manifest.DataFile> files = store(part, written);
            progress.passed(part, Point.FILES_STORED);
            Manifest manifest = new Manifest(
                    Manifest.SCHEMA_VERSION,
                    Manifest.TABLE,
                    part.month(),
                    part.number(),
                    part.attempt(),
                    adding.totals(),
                    files);
            store.put(part.manifestKey(), manifest.json());
            progress.passed(part, Point.MANIFEST_STORED);
            return kept(archives.uploaded(owner, part, manifest), Point.UPLOADED);
        } finally {
            folder.delete(exported);
        }
    }

    private List<Manifest.DataFile> store(Part part, List<ParquetWriting.Written> written) throws IOException {
        List<Manifest.DataFile> files = new ArrayList<>();
        for (ParquetWriting.Written file : written) {
            String key = part.fileKey(files.size() + 1);
            store.put(key, file.path());
            files.add(new Manifest.DataFile(
                    key,
                    Files.size(file.path()),
                    WorkFolder.sha256(file.path()),
                    file.rows(),
                    file.firstKeyId(),
                    file.lastKeyId()));
        }
        return files;
    }

    /** Nothing is destroyed before this has found all three equal: what lies in S3, the manifest, the rows. */
    private Part verify(Part part) throws IOException {
        requireTable(part);
        StoredPart stored = new StoredPart(store, keys, owner, folder);
        StoredPart.Comparison comparison = stored.compare(part);
        if (comparison.damage() != null) {
            failures.increment();
            return await(archives.again(owner, part, comparison.damage()));
        }
        boolean equal = !comparison.erasedMeanwhile()
                && rows(part).totals().equals(part.manifest().totals());
        progress.passed(part, Point.COMPARED);
        return equal ? kept(archives.verified(owner, part), Point.VERIFIED) : await(archives.again(owner, part, null));
    }

    private Part detach(Part part) throws IOException {
        forgetEarlierAttempts(part);
        await(Uni.createFrom()
                .deferred(() -> leaveUsageLogs(part))
                .onFailure(ArchiveRun::canSucceedLater)
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .atMost(LOCK_TRIES));
        progress.passed(part, Point.OUT_OF_USAGE_LOGS);
        return kept(archives.detached(owner, part), Point.DETACHED);
    }

    /** The statement has two transactions of its own, so it may stand half done: then it is finished. */
    private Uni<Void> leaveUsageLogs(Part part) {
        return owner.preparedQuery(ATTACHED)
                .execute(Tuple.of(part.partitionName()))
                .chain(rows -> {
                    if (rows.size() == 0) {
                        return Uni.createFrom().voidItem();
                    }
                    boolean halfDone = rows.iterator().next().getBoolean("inhdetachpending");
                    return owner.query("ALTER TABLE usage.usage_logs DETACH PARTITION usage." + part.partitionName()
                                    + (halfDone ? " FINALIZE" : " CONCURRENTLY"))
                            .execute()
                            .replaceWithVoid();
                });
    }

    private Part drop(Part part) {
        Totals totals = rows(part).totals();
        progress.passed(part, Point.COMPARED_AGAIN);
        if (!totals.equals(part.verifiedManifest().totals())) {
            return await(archives.again(owner, part, null));
        }
        // the foreign key's end needs a lock on identity.users: given up soon, so that no log-in waits long, and tried
        // again
        Part dropped = await(Uni.createFrom()
                .deferred(() -> dropTable(part))
                .onFailure(ArchiveRun::canSucceedLater)
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .atMost(LOCK_TRIES));
        progress.passed(dropped, Point.DROPPED);
        return dropped;
    }

    private Uni<Part> dropTable(Part part) {
        return owner.begin()
                .flatMap(transaction -> owner.query("DROP TABLE usage." + part.partitionName())
                        .execute()
                        .chain(() -> archives.dropped(owner, part))
                        .call(transaction::commit)
                        .onFailure()
                        .call(transaction::rollback));
    }

    /** Files that a later attempt took the place of, and those of attempts that were broken off. */
    private void forgetEarlierAttempts(Part part) throws IOException {
        Set<String> current = part.verifiedManifest().files().stream()
                .map(Manifest.DataFile::key)
                .collect(Collectors.toSet());
        for (String key : store.keysUnder(part.prefix())) {
            if (!current.contains(key) && !key.equals(part.manifestKey())) {
                store.delete(key);
            }
        }
    }

    private void requireTable(Part part) {
        boolean exists = await(owner.preparedQuery(TABLE_EXISTS)
                .execute(Tuple.of(part.partitionName()))
                .map(rows -> rows.iterator().next().getBoolean("yes")));
        if (!exists) {
            throw new IllegalStateException("the part's table is gone, and was not dropped by the archive");
        }
    }

    private PartitionRows rows(Part part) {
        return new PartitionRows(owner, keys, part.partitionName());
    }

    private Part kept(Uni<Part> change, Point point) {
        Part part = await(change);
        progress.passed(part, point);
        return part;
    }

    /** A lock that was not to be had in time, or a detachment that another session finished meanwhile. */
    private static boolean canSucceedLater(Throwable failure) {
        return DatabaseFailure.sqlState(failure)
                .filter(state -> state.startsWith("55") || state.startsWith("40") || state.equals("42P01"))
                .isPresent();
    }

    private static <T> T await(Uni<T> answer) {
        return answer.await().atMost(LIMIT);
    }
}
