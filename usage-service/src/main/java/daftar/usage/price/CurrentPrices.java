package daftar.usage.price;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The price book in memory, so that no event costs a query.
 *
 * <p>A version begins no sooner than {@code daftar.usage.prices.lead} after it was recorded, and a book that is older
 * than half of that is read anew before anything is rated. So every instance knows a version before it begins, whether
 * or not the scheduled reading came by, and as long as clocks and commits together are off by less than the other half.
 */
@ApplicationScoped
public class CurrentPrices {

    private static final Logger LOG = Logger.getLogger(CurrentPrices.class);

    private final Prices prices;
    private final Clock clock;
    private final Duration oldest;

    @Nullable
    private volatile Read last;

    @Inject
    CurrentPrices(Prices prices, Clock clock, @ConfigProperty(name = "daftar.usage.prices.lead") Duration lead) {
        this.prices = prices;
        this.clock = clock;
        this.oldest = lead.dividedBy(2);
    }

    /** A book, and when its reading began. */
    private record Read(PriceBook book, Instant begunAt) {}

    /** The book to rate by now; fails as the database does where there is none that is young enough. */
    public Uni<PriceBook> book() {
        return present().map(book -> Uni.createFrom().item(book)).orElseGet(this::read);
    }

    /** The book to rate by now, if it is in memory. */
    public Optional<PriceBook> present() {
        return Optional.ofNullable(last)
                .filter(read -> read.begunAt().plus(oldest).isAfter(clock.instant()))
                .map(Read::book);
    }

    /** Reads the book anew. */
    Uni<PriceBook> read() {
        Instant begunAt = clock.instant();
        return prices.book().invoke(book -> last = new Read(book, begunAt));
    }

    @Scheduled(every = "{daftar.usage.prices.refresh-every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> refresh() {
        return read().replaceWithVoid()
                .onFailure()
                .invoke(failure -> LOG.warnf(
                        "the prices are not read anew: %s", failure.getClass().getSimpleName()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
