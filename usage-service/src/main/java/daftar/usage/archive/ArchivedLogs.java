package daftar.usage.archive;

import daftar.kit.problem.Problem;
import daftar.usage.log.ArchivedUsageLogs;
import daftar.usage.log.TimeRange;
import daftar.usage.log.UsageLog;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.math.BigDecimal;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Answers questions about a user from the archive: of each file that can hold the user's key, the few row groups that do. */
@ApplicationScoped
class ArchivedLogs implements ArchivedUsageLogs {

    private static final Logger LOG = Logger.getLogger(ArchivedLogs.class);

    /** A page reads no further month once it has read as many files. */
    private static final int MOST_FILES = 12;

    /** No row comes before it at the same time. */
    private static final UUID FIRST_ID = new UUID(0, 0);

    private final UsageArchives archives;
    private final ArchiveKeys keys;
    private final ArchiveStore store;

    @Inject
    ArchivedLogs(UsageArchives archives, ArchiveKeys keys, ArchiveStore store) {
        this.archives = archives;
        this.keys = keys;
        this.store = store;
    }

    @Override
    public Uni<InRange> in(SqlConnection connection, TimeRange range) {
        LocalDate first = month(range.from());
        LocalDate last = month(range.to());
        return archives.readable(connection, first, last).map(parts -> new PartsInRange(range, parts));
    }

    private static LocalDate month(Instant time) {
        return LocalDate.ofInstant(time, ZoneOffset.UTC).withDayOfMonth(1);
    }

    private static Instant start(LocalDate month) {
        return month.atStartOfDay().toInstant(ZoneOffset.UTC);
    }

    private final class PartsInRange implements InRange {

        private final TimeRange range;
        private final NavigableMap<LocalDate, List<Part>> newestMonthFirst;

        PartsInRange(TimeRange range, List<Part> parts) {
            this.range = range;
            this.newestMonthFirst = parts.stream()
                    .filter(part -> start(part.month()).isBefore(range.to()))
                    .collect(Collectors.groupingBy(
                            Part::month, () -> new TreeMap<>(Comparator.reverseOrder()), Collectors.toList()));
        }

        @Override
        public List<YearMonth> months() {
            return newestMonthFirst.descendingKeySet().stream()
                    .map(YearMonth::from)
                    .toList();
        }

        @Override
        public Uni<Newest> newest(UUID userId, Instant time, UUID id, Instant notBefore, int limit) {
            if (newestMonthFirst.isEmpty()) {
                return Uni.createFrom().item(new Newest(List.of(), null));
            }
            if (!keys.areReadable()) {
                throw Problem.CONFLICT.because("This instance cannot read the archive: it lacks the key.");
            }
            Search search = new Search(time, id, notBefore, limit);
            return keys.of(userId).flatMap(key -> {
                if (key == null) {
                    return Uni.createFrom().item(new Newest(List.of(), null));
                }
                return Uni.createFrom()
                        .item(() -> search.run(key))
                        .runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
            });
        }

        /** Waits for S3. */
        private final class Search {

            private final Instant time;
            private final UUID id;
            private final Instant notBefore;
            private final int limit;
            private final List<UsageLog> found = new ArrayList<>();

            Search(Instant time, UUID id, Instant notBefore, int limit) {
                this.time = time;
                this.id = id;
                this.notBefore = notBefore;
                this.limit = limit;
            }

            Newest run(DataKey key) {
                int files = 0;
                Instant readFrom = null;
                for (var month : newestMonthFirst.entrySet()) {
                    Instant start = start(month.getKey());
                    Instant end = start(month.getKey().plusMonths(1));
                    if (start.isAfter(time) || (start.equals(time) && id.equals(FIRST_ID))) {
                        continue;
                    }
                    if (found.size() >= limit || !end.isAfter(notBefore)) {
                        break;
                    }
                    if (files >= MOST_FILES) {
                        return new Newest(sorted(), readFrom);
                    }
                    for (Part part : month.getValue()) {
                        files += read(part, key);
                    }
                    readFrom = start;
                }
                return new Newest(sorted(), null);
            }

            private int read(Part part, DataKey key) {
                List<Manifest.DataFile> files = part.verifiedManifest().files().stream()
                        .filter(file -> file.canHold(key.id()))
                        .toList();
                try {
                    for (Manifest.DataFile file : files) {
                        read(file, key);
                    }
                } catch (IOException e) {
                    LOG.warnf("%s cannot be read: %s", part, e.getMessage());
                    throw Problem.UNAVAILABLE.because("The archive cannot be read at the moment.");
                }
                return files.size();
            }

            private void read(Manifest.DataFile file, DataKey key) throws IOException {
                ParquetReading.read(new StoredFile(store, file), key.id(), (keyId, timestamp, content) -> {
                    Instant at = timestamp.toInstant(ZoneOffset.UTC);
                    if (at.isBefore(range.from()) || !at.isBefore(range.to()) || at.isAfter(time)) {
                        return;
                    }
                    try {
                        UsageLog row = log(key.open(timestamp, content));
                        if (at.isBefore(time) || UsageLog.compareIds(row.id(), id) < 0) {
                            found.add(row);
                        }
                    } catch (GeneralSecurityException e) {
                        throw new DamagedFile("a stored row cannot be decrypted", e);
                    }
                });
            }

            private List<UsageLog> sorted() {
                return found.stream().sorted(UsageLog.NEWEST_FIRST).limit(limit).toList();
            }
        }
    }

    private static UsageLog log(ArchivedRow row) {
        return new UsageLog(
                row.id(),
                row.sessionId(),
                row.serviceName(),
                row.tokensUsed() == null ? 0 : row.tokensUsed(),
                row.speechSeconds() == null ? 0 : row.speechSeconds(),
                row.timestamp().toInstant(ZoneOffset.UTC),
                row.costUsd() == null ? BigDecimal.ZERO.setScale(6) : row.costUsd(),
                row.model(),
                row.inputTokens(),
                row.outputTokens(),
                null,
                row.metadata());
    }
}
