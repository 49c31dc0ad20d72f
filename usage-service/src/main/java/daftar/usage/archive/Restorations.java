package daftar.usage.archive;

import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Brings an archived month back into {@code usage_logs_restored}, a table of copies: the rows stay archived, and nothing
 * that counts looks there.
 */
@ApplicationScoped
class Restorations {

    private static final Logger LOG = Logger.getLogger(Restorations.class);
    private static final int BATCH = 1000;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** Before the insert's snapshot: a key that is destroyed meanwhile waits for the batch, and then deletes it. */
    private static final String LOCK =
            "SELECT pg_advisory_xact_lock_shared(hashtextextended('usage.usage_logs_restored', 0))::text AS locked";

    /** All zeros stand for rows without a user. */
    private static final String INSERT = """
            INSERT INTO usage_logs_restored (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp",
                                             cost_usd, model, input_tokens, output_tokens, metadata)
            SELECT r.id,
                   nullif(r.user_id, '00000000-0000-0000-0000-000000000000'),
                   r.session_id,
                   r.service_name,
                   r.tokens_used,
                   r.speech_seconds,
                   r."timestamp",
                   r.cost_usd::numeric(10, 6),
                   r.model,
                   r.input_tokens,
                   r.output_tokens,
                   r.metadata::jsonb
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::timestamp[], $8::text[],
                        $9::text[], $10::int[], $11::int[], $12::text[])
                AS r (id, user_id, session_id, service_name, tokens_used, speech_seconds, "timestamp", cost_usd, model,
                      input_tokens, output_tokens, metadata)
            WHERE EXISTS (SELECT FROM usage_archive_keys AS k WHERE k.user_id = r.user_id)
            ON CONFLICT (id, "timestamp") DO NOTHING
            """;

    private static final String FORGET = """
            DELETE FROM usage_logs_restored
            WHERE "timestamp" >= $1
              AND "timestamp" < $2
            """;

    /**
     * What came of it.
     *
     * @param parts that the month has in the archive
     * @param rows that are in {@code usage_logs_restored} now, or were already
     * @param erasedRows that cannot be read any more, since their users' keys were destroyed
     */
    record Restoration(int parts, long rows, long erasedRows) {}

    private final Pool primary;
    private final UsageArchives archives;
    private final ArchiveKeys keys;
    private final ArchiveStore store;
    private final WorkFolder folder;

    @Inject
    Restorations(
            Pool primary,
            UsageArchives archives,
            ArchiveKeys keys,
            ArchiveStore store,
            @ConfigProperty(name = "daftar.usage.archive.folder") Path folder) {
        this.primary = primary;
        this.archives = archives;
        this.keys = keys;
        this.store = store;
        this.folder = new WorkFolder(folder);
    }

    /**
     * Restores a month; harmless to repeat.
     *
     * @param month its first day
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 404 when nothing of it is archived; 409 when this instance has
     *     no key; 503 when the archive cannot be read
     */
    Uni<Restoration> restore(LocalDate month) {
        if (!keys.areReadable()) {
            throw Problem.CONFLICT.because("This instance cannot read the archive: it lacks the key.");
        }
        return primary.withConnection(connection -> archives.readable(connection, month, month))
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .map(this::restore);
    }

    /** Deletes a month's copies. */
    Uni<Void> forget(LocalDate month) {
        return primary.preparedQuery(FORGET)
                .execute(Tuple.of(month.atStartOfDay(), month.plusMonths(1).atStartOfDay()))
                .replaceWithVoid();
    }

    private Restoration restore(List<Part> parts) {
        if (parts.isEmpty()) {
            throw Problem.NOT_FOUND.because("Nothing of this month is archived.");
        }
        Copying copying = new Copying();
        for (Part part : parts) {
            try {
                copying.copy(part);
            } catch (IOException e) {
                LOG.warnf("%s cannot be restored: %s", part, e.getMessage());
                throw Problem.UNAVAILABLE.because("The archive cannot be read at the moment.");
            }
        }
        return new Restoration(parts.size(), copying.rows, copying.erased);
    }

    /** One restoration, batch by batch. */
    private final class Copying implements StoredPart.Reader {

        private final List<Owned> batch = new ArrayList<>(BATCH);
        private long rows;
        private long erased;

        void copy(Part part) throws IOException {
            new StoredPart(store, keys, primary, folder).read(part.verifiedManifest(), this);
            flush();
        }

        @Override
        public void row(UUID keyId, UUID userId, ArchivedRow row) {
            batch.add(new Owned(userId, row));
            rows++;
            if (batch.size() == BATCH) {
                flush();
            }
        }

        @Override
        public void erased() {
            erased++;
        }

        private void flush() {
            if (!batch.isEmpty()) {
                Tuple columns = columns(batch);
                primary.withTransaction(connection -> insert(connection, columns))
                        .await()
                        .atMost(LIMIT);
                batch.clear();
            }
        }
    }

    private static Uni<Void> insert(SqlConnection connection, Tuple columns) {
        return connection
                .query(LOCK)
                .execute()
                .chain(() -> connection.preparedQuery(INSERT).execute(columns))
                .replaceWithVoid();
    }

    private static Tuple columns(List<Owned> rows) {
        return Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple()
                .addArrayOfUUID(column(rows, owned -> owned.row.id(), UUID[]::new))
                .addArrayOfUUID(column(rows, Owned::userId, UUID[]::new))
                .addArrayOfUUID(column(rows, owned -> owned.row.sessionId(), UUID[]::new))
                .addArrayOfString(column(rows, owned -> owned.row.serviceName(), String[]::new))
                .addArrayOfInteger(column(rows, owned -> owned.row.tokensUsed(), Integer[]::new))
                .addArrayOfInteger(column(rows, owned -> owned.row.speechSeconds(), Integer[]::new))
                .addArrayOfLocalDateTime(column(rows, owned -> owned.row.timestamp(), LocalDateTime[]::new))
                .addArrayOfString(column(rows, Restorations::cost, String[]::new))
                .addArrayOfString(column(rows, owned -> owned.row.model(), String[]::new))
                .addArrayOfInteger(column(rows, owned -> owned.row.inputTokens(), Integer[]::new))
                .addArrayOfInteger(column(rows, owned -> owned.row.outputTokens(), Integer[]::new))
                .addArrayOfString(column(rows, owned -> owned.row.metadata(), String[]::new)));
    }

    private static String cost(Owned owned) {
        return owned.row.costUsd() == null ? null : owned.row.costUsd().toPlainString();
    }

    private static <T> T[] column(List<Owned> rows, Function<Owned, T> value, IntFunction<T[]> array) {
        return rows.stream().map(value).toArray(array);
    }

    private record Owned(UUID userId, ArchivedRow row) {}
}
