package daftar.usage.ingest;

import daftar.kit.inbox.Effect;
import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import daftar.usage.log.UsageLogPartitions;
import io.cloudevents.CloudEvent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Writes a batch of events into {@code usage_logs}, each id once and for ever. An event that says something else than
 * the one that counted under its id is a conflict: the first stands, the other becomes a dead letter.
 *
 * <p>One statement, hence one transaction: the key and the row appear together or not at all. Keys are
 * inserted in their order, so that two consumers with the same events wait for each other and never in a
 * circle.
 */
@Startup // its meter is there from the beginning
@ApplicationScoped
class UsageIngest implements Effect<UsageRecorded> {

    static final String UNKNOWN_USER = "unknown user";
    static final String CONFLICT = "conflict: another event has counted under this id";

    /** Events that were not counted because another has their id. */
    static final String CONFLICTS = "daftar_usage_conflicts_total";

    private final Pool primary;
    private final UsageLogPartitions partitions;
    private final AcceptedWindow window;
    private final Counter conflicts;

    @Inject
    UsageIngest(Pool primary, UsageLogPartitions partitions, AcceptedWindow window, MeterRegistry meters) {
        this.primary = primary;
        this.partitions = partitions;
        this.window = window;
        this.conflicts = meters.counter(CONFLICTS);
    }

    @Override
    public String topic() {
        return "usage-events";
    }

    @Override
    public UsageRecorded read(CloudEvent event) {
        UsageRecorded usage = UsageRecorded.read(event);
        window.accept(usage.timestamp());
        return usage;
    }

    @Override
    public Uni<List<DeadLetter>> apply(List<Received<UsageRecorded>> batch) {
        Map<UUID, UsageRecorded> firsts = new LinkedHashMap<>(batch.size() * 2);
        for (Received<UsageRecorded> received : batch) {
            firsts.putIfAbsent(received.event().id(), received.event());
        }
        Collection<UsageRecorded> events = firsts.values();
        return partitions
                .withPartitionsOf(events.stream().map(UsageRecorded::timestamp), () -> insert(events))
                .chain(this::digestsOfTheRest)
                .map(unwritten -> deadLetters(batch, firsts, unwritten));
    }

    private Uni<Unwritten> insert(Collection<UsageRecorded> events) {
        return primary.preparedQuery(UsageInsert.SQL)
                .execute(UsageInsert.columns(events))
                .map(Unwritten::of);
    }

    /** Those that another consumer wrote meanwhile, which the statement waited for but could not see. */
    private Uni<Unwritten> digestsOfTheRest(Unwritten unwritten) {
        UUID[] unseen = unwritten.withoutDigest();
        if (unseen.length == 0) {
            return Uni.createFrom().item(unwritten);
        }
        return primary.preparedQuery(UsageInsert.DIGESTS)
                .execute(Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple().addArrayOfUUID(unseen)))
                .invoke(rows -> rows.forEach(row -> unwritten.digests.put(row.getUUID("id"), row.getUUID("digest"))))
                .replaceWith(unwritten);
    }

    private List<DeadLetter> deadLetters(
            List<Received<UsageRecorded>> batch, Map<UUID, UsageRecorded> firsts, Unwritten unwritten) {
        List<DeadLetter> letters = new ArrayList<>();
        for (Received<UsageRecorded> received : batch) {
            UsageRecorded event = received.event();
            if (unwritten.ofUnknownUsers.contains(event.id())) {
                letters.add(new DeadLetter(received.record(), UNKNOWN_USER));
            } else if (isConflict(event, firsts.get(event.id()), unwritten.digests.get(event.id()))) {
                letters.add(new DeadLetter(received.record(), CONFLICT));
                conflicts.increment();
            }
        }
        return letters;
    }

    /**
     * Whether another event has counted under the id.
     *
     * @param first the batch's first event with the id, which counted if none did before
     * @param counted digest of the event that counted before the batch; null when none did, or before there were digests
     */
    private static boolean isConflict(UsageRecorded event, UsageRecorded first, @Nullable UUID counted) {
        return !event.digest().equals(counted == null ? first.digest() : counted);
    }

    /** Events that were not written: their users are unknown, or they have counted before. */
    private record Unwritten(Set<UUID> ofUnknownUsers, Map<UUID, UUID> digests) {

        static Unwritten of(RowSet<Row> rows) {
            Unwritten unwritten = new Unwritten(new HashSet<>(), new HashMap<>());
            for (Row row : rows) {
                if (row.getBoolean("user_known")) {
                    unwritten.digests.put(row.getUUID("id"), row.getUUID("digest"));
                } else {
                    unwritten.ofUnknownUsers.add(row.getUUID("id"));
                }
            }
            return unwritten;
        }

        UUID[] withoutDigest() {
            return digests.entrySet().stream()
                    .filter(entry -> entry.getValue() == null)
                    .map(Map.Entry::getKey)
                    .toArray(UUID[]::new);
        }
    }
}
