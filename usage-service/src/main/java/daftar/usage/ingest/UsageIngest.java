package daftar.usage.ingest;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Prepared;
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
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

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
    Prepared prepare(List<Received<UsageRecorded>> batch) {
        return prices.present()
                .<Prepared>map(book -> new Ready(batch, book))
                .orElseGet(() -> () -> prices.book().chain(book -> new Ready(batch, book).begin()));
    }

    /** A batch that only the database is wanted for. */
    private final class Ready implements Prepared {

        private final List<Received<UsageRecorded>> batch;

        /** Of each id the first event, which counts if none did before. */
        private final Map<UUID, UsageRecorded> firsts;

        /** These, in the order in which they are written. */
        private final List<UsageRecorded> events;

        private final Costs costs;

        /** What the statement takes that finds out which events are new. */
        private final io.vertx.sqlclient.Tuple someNew;

        /** What the one takes that takes every event for new; null where it is not to be tried. */
        @Nullable
        private final io.vertx.sqlclient.Tuple allNew;

        /** What a session remembers it by. */
        private final String name = UUID.randomUUID().toString();

        /** On which its statement was sent; null when it has ended and none was. */
        private final CompletableFuture<WritingLine> line = new CompletableFuture<>();

        Ready(List<Received<UsageRecorded>> batch, PriceBook book) {
            this.batch = batch;
            this.firsts = new LinkedHashMap<>(batch.size() * 2);
            for (Received<UsageRecorded> received : batch) {
                firsts.putIfAbsent(received.event().id(), received.event());
            }
            this.events = UsageInsert.inOrder(firsts.values());
            this.costs = Costs.of(events, book);
            // reported costs that are off, and reservations, are the other statement's matter, which finds out what is
            // new
            boolean plain =
                    costs.drifts().isEmpty() && events.stream().noneMatch(event -> event.reservationId() != null);
            io.vertx.sqlclient.Tuple columns = UsageInsert.columns(events, costs);
            this.someNew = UsageInsert.ofSomeNew(columns, events, costs);
            this.allNew = plain && !repetitionsExpected ? AllNew.columns(columns, events, costs) : null;
        }

        @Override
        public Optional<Uni<List<DeadLetter>>> ahead(@Nullable Prepared before) {
            if (before == null) {
                return Optional.of(answered(write(new WritingLine(primary), null)));
            }
            if (before instanceof Ready other) {
                return Optional.of(answered(Uni.createFrom()
                        .completionStage(other.line)
                        .onItem()
                        .transformToUni(open -> open != null && open.join()
                                ? write(open, other.name)
                                : Uni.createFrom().failure(new NothingToFollow()))));
            }
            return Optional.empty();
        }

        @Override
        public Uni<List<DeadLetter>> begin() {
            return answered(partitions
                    .withPartitionsOf(events.stream().map(UsageRecorded::timestamp), this::write)
                    // also where it is given up: nobody may wait for it in vain
                    .eventually(() -> line.complete(null)));
        }

        private Uni<Unwritten> write() {
            boolean isTriedForNew = isTriedForNew();
            return write(new WritingLine(primary), null)
                    .onFailure(failure -> isTriedForNew && areNotAllNew(failure))
                    .recoverWithUni(() -> write(new WritingLine(primary), null));
        }

        /** @param before name of the batch that this one is sent behind */
        private Uni<Unwritten> write(WritingLine open, @Nullable String before) {
            Uni<Unwritten> unwritten = isTriedForNew()
                    ? open.execute(AllNew.STATEMENT, SessionOrder.with(allNew, name, before))
                            .replaceWith(Unwritten.NONE)
                            .onFailure(UsageIngest::areNotAllNew)
                            .invoke(() -> repetitionsExpected = true)
                    : open.execute(someNewStatement(), SessionOrder.with(someNew, name, before))
                            .map(Unwritten::of)
                            .invoke(rest -> repetitionsExpected = !rest.isEmpty());
            line.complete(open);
            return unwritten;
        }

        private boolean isTriedForNew() {
            return allNew != null && !repetitionsExpected;
        }

        private String someNewStatement() {
            return costs.drifts().isEmpty() ? UsageInsert.SOME_NEW : UsageInsert.SOME_NEW_WITH_DRIFTS;
        }

        private Uni<List<DeadLetter>> answered(Uni<Unwritten> written) {
            return written.map(unwritten -> counted(costs, unwritten))
                    .chain(UsageIngest.this::withDigests)
                    .map(unwritten -> deadLetters(batch, firsts, unwritten));
        }
    }

    /** The batch before has ended, and its session is not to be had. */
    private static final class NothingToFollow extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NothingToFollow() {
            super("the batch before has ended", null, false, false);
        }
    }

    /** An event has counted before, or a user is unknown. */
    private static boolean areNotAllNew(Throwable failure) {
        return DatabaseFailure.sqlState(failure)
                .filter(state -> UNIQUE_VIOLATION.equals(state) || FOREIGN_KEY_VIOLATION.equals(state))
                .isPresent();
    }

    /** An event that did not count now says nothing of the prices. */
    private Unwritten counted(Costs costs, Unwritten unwritten) {
        costs.unpriced().stream().filter(unwritten::isWritten).forEach(event -> unpriced.increment());
        costs.drifts().stream()
                .map(Costs.Drift::id)
                .filter(unwritten::isWritten)
                .forEach(event -> priceDrifts.increment());
        return unwritten;
    }

    /** Of the events that had counted before, or were written by another consumer meanwhile. */
    private Uni<Unwritten> withDigests(Unwritten unwritten) {
        UUID[] unseen = unwritten.withoutDigest();
        if (unseen.length == 0) {
            return Uni.createFrom().item(unwritten);
        }
        return primary.preparedQuery(UsageInsert.DIGESTS)
                .execute(Tuple.newInstance(io.vertx.sqlclient.Tuple.tuple().addArrayOfUUID(unseen)))
                .invoke(rows -> rows.forEach(row -> unwritten.digests().put(row.getUUID("id"), row.getUUID("digest"))))
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
            if (unwritten.ofUnknownUsers().contains(event.id())) {
                letters.add(new DeadLetter(received.record(), UNKNOWN_USER));
            } else if (isConflict(
                    event, firsts.get(event.id()), unwritten.digests().get(event.id()))) {
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
}
