package daftar.usage.ingest;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import daftar.kit.problem.DatabaseFailure;
import daftar.usage.log.UsageLogPartitions;
import daftar.usage.price.CurrentPrices;
import daftar.usage.price.PriceBook;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

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
class UsageIngest {

    static final String UNKNOWN_USER = "unknown user";
    static final String CONFLICT = "conflict: another event has counted under this id";

    private static final String UNIQUE_VIOLATION = "23505";
    private static final String FOREIGN_KEY_VIOLATION = "23503";

    /** Events that were not counted because another has their id. */
    static final String CONFLICTS = "daftar_usage_conflicts_total";

    /** Events that have no cost, since they report none and something of them has no price. */
    static final String UNPRICED = "daftar_usage_unpriced_total";

    /** Events whose reported cost is not what the price book makes of them. */
    static final String PRICE_DRIFTS = "daftar_usage_price_drifts_total";

    private final Pool primary;
    private final UsageLogPartitions partitions;
    private final AcceptedWindow window;
    private final CurrentPrices prices;
    private final Counter conflicts;
    private final Counter unpriced;
    private final Counter priceDrifts;

    /** Whether the last batch held events that were not new. Only ever a guess: either statement is right for any batch. */
    private volatile boolean repetitionsExpected;

    @Inject
    UsageIngest(
            Pool primary,
            UsageLogPartitions partitions,
            AcceptedWindow window,
            CurrentPrices prices,
            MeterRegistry meters) {
        this.primary = primary;
        this.partitions = partitions;
        this.window = window;
        this.prices = prices;
        this.conflicts = meters.counter(CONFLICTS);
        this.unpriced = meters.counter(UNPRICED);
        this.priceDrifts = meters.counter(PRICE_DRIFTS);
    }

    UsageRecorded read(CloudEvent event) {
        UsageRecorded usage = UsageRecorded.read(event);
        window.accept(usage.timestamp());
        return usage;
    }

    /** What {@link daftar.kit.inbox.Effect#prepare} promises. */
    Supplier<Uni<List<DeadLetter>>> prepare(List<Received<UsageRecorded>> batch) {
        return prices.present()
                .map(book -> ready(batch, book))
                .<Supplier<Uni<List<DeadLetter>>>>map(ready -> () -> write(ready))
                .orElseGet(() -> () -> prices.book().chain(book -> write(ready(batch, book))));
    }

    /**
     * A batch that only the database is wanted for.
     *
     * @param firsts of each id the first event, which counts if none did before
     * @param events these, in the order in which they are written
     * @param parameters of {@link UsageInsert#ALL_NEW}; null where it is not to be tried
     */
    private record Ready(
            List<Received<UsageRecorded>> batch,
            Map<UUID, UsageRecorded> firsts,
            List<UsageRecorded> events,
            Costs costs,
            @Nullable Tuple parameters) {}

    private Ready ready(List<Received<UsageRecorded>> batch, PriceBook book) {
        Map<UUID, UsageRecorded> firsts = new LinkedHashMap<>(batch.size() * 2);
        for (Received<UsageRecorded> received : batch) {
            firsts.putIfAbsent(received.event().id(), received.event());
        }
        List<UsageRecorded> events = UsageInsert.inOrder(firsts.values());
        Costs costs = Costs.of(events, book);
        // reported costs that are off, and reservations, are the other statement's matter, which finds out what is new
        boolean plain = costs.drifts().isEmpty() && events.stream().noneMatch(event -> event.reservationId() != null);
        return new Ready(
                batch,
                firsts,
                events,
                costs,
                plain && !repetitionsExpected ? UsageInsert.ofAllNew(events, costs) : null);
    }

    private Uni<List<DeadLetter>> write(Ready ready) {
        return partitions
                .withPartitionsOf(ready.events.stream().map(UsageRecorded::timestamp), () -> insert(ready))
                .invoke(unwritten -> count(ready.costs, unwritten))
                .chain(this::digestsOfTheRest)
                .map(unwritten -> deadLetters(ready.batch, ready.firsts, unwritten));
    }

    private Uni<Unwritten> insert(Ready ready) {
        return ready.parameters == null
                ? insertSome(ready.events, ready.costs)
                : insertAll(ready.parameters)
                        .onFailure(UsageIngest::areNotAllNew)
                        .recoverWithUni(() -> insertSome(ready.events, ready.costs));
    }

    private Uni<Unwritten> insertAll(Tuple parameters) {
        return primary.preparedQuery(UsageInsert.ALL_NEW).execute(parameters).map(written -> Unwritten.NONE);
    }

    /** Whoever repeats events seldom repeats one alone: the next batches are looked at closely until one is all new. */
    private Uni<Unwritten> insertSome(List<UsageRecorded> events, Costs costs) {
        return primary.preparedQuery(costs.drifts().isEmpty() ? UsageInsert.SOME_NEW : UsageInsert.SOME_NEW_WITH_DRIFTS)
                .execute(UsageInsert.ofSomeNew(events, costs))
                .map(Unwritten::of)
                .invoke(unwritten -> repetitionsExpected = !unwritten.isEmpty());
    }

    /** An event has counted before, or a user is unknown. */
    private static boolean areNotAllNew(Throwable failure) {
        return DatabaseFailure.sqlState(failure)
                .filter(state -> UNIQUE_VIOLATION.equals(state) || FOREIGN_KEY_VIOLATION.equals(state))
                .isPresent();
    }

    /** An event that did not count now says nothing of the prices. */
    private void count(Costs costs, Unwritten unwritten) {
        costs.unpriced().stream().filter(unwritten::isWritten).forEach(event -> unpriced.increment());
        costs.drifts().stream()
                .map(Costs.Drift::id)
                .filter(unwritten::isWritten)
                .forEach(event -> priceDrifts.increment());
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
        if (unwritten.isEmpty() && firsts.size() == batch.size()) {
            return List.of();
        }
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

        static final Unwritten NONE = new Unwritten(Set.of(), Map.of());

        boolean isEmpty() {
            return ofUnknownUsers.isEmpty() && digests.isEmpty();
        }

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

        boolean isWritten(UUID id) {
            return !digests.containsKey(id) && !ofUnknownUsers.contains(id);
        }

        UUID[] withoutDigest() {
            return digests.entrySet().stream()
                    .filter(entry -> entry.getValue() == null)
                    .map(Map.Entry::getKey)
                    .toArray(UUID[]::new);
        }
    }
}
