package daftar.usage.ingest;

import daftar.kit.inbox.Effect;
import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import daftar.usage.log.UsageLogPartitions;
import io.cloudevents.CloudEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Writes a batch of events into {@code usage_logs}, each id once and for ever.
 *
 * <p>One statement, hence one transaction: the key and the row appear together or not at all. Keys are
 * inserted in their order, so that two consumers with the same events wait for each other and never in a
 * circle.
 */
@ApplicationScoped
class UsageIngest implements Effect<UsageRecorded> {

    private static final String UNKNOWN_USER = "unknown user";

    private final Pool primary;
    private final UsageLogPartitions partitions;
    private final AcceptedWindow window;

    @Inject
    UsageIngest(Pool primary, UsageLogPartitions partitions, AcceptedWindow window) {
        this.primary = primary;
        this.partitions = partitions;
        this.window = window;
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
                .map(unknown -> deadLetters(batch, unknown));
    }

    private Uni<Set<UUID>> insert(Collection<UsageRecorded> events) {
        return primary.preparedQuery(UsageInsert.SQL)
                .execute(UsageInsert.columns(events))
                .map(UsageIngest::ids);
    }

    private static Set<UUID> ids(RowSet<Row> rows) {
        Set<UUID> ids = new HashSet<>();
        rows.forEach(row -> ids.add(row.getUUID("id")));
        return ids;
    }

    private static List<DeadLetter> deadLetters(List<Received<UsageRecorded>> batch, Set<UUID> unknown) {
        return batch.stream()
                .filter(received -> unknown.contains(received.event().id()))
                .map(received -> new DeadLetter(received.record(), UNKNOWN_USER))
                .toList();
    }
}
