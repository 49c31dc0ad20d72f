package daftar.usage.ingest;

import daftar.kit.inbox.Effect.Rejection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.Period;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * When an event may have happened. Without bounds one wrong clock would make partitions for months that
 * never were.
 */
@ApplicationScoped
class AcceptedWindow {

    private final Clock clock;
    private final Period oldest;
    private final Duration future;

    @Inject
    AcceptedWindow(
            Clock clock,
            @ConfigProperty(name = "daftar.usage.accept.oldest") Period oldest,
            @ConfigProperty(name = "daftar.usage.accept.future") Duration future) {
        this.clock = clock;
        this.oldest = oldest;
        this.future = future;
    }

    /**
     * Returns the time unchanged.
     *
     * @throws Rejection when it lies outside
     */
    Instant accept(Instant time) {
        OffsetDateTime now = OffsetDateTime.ofInstant(clock.instant(), java.time.ZoneOffset.UTC);
        if (time.isBefore(now.minus(oldest).toInstant())) {
            throw new Rejection("timestamp", "is older than " + oldest);
        }
        if (time.isAfter(now.plus(future).toInstant())) {
            throw new Rejection("timestamp", "lies more than " + future + " in the future");
        }
        return time;
    }
}
