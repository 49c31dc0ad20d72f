package daftar.usage.ingest;

import daftar.kit.inbox.Effect.Rejection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * When an event may have happened. Without bounds one wrong clock would make partitions for months that
 * never were.
 */
@ApplicationScoped
class AcceptedWindow {

    private final Clock clock;
    private static final int SHORTEST_MONTH = 28;

    private final Period oldest;

    /** Not longer than {@code oldest}, whatever the calendar. */
    private final Duration certain;

    private final Duration future;

    @Inject
    AcceptedWindow(
            Clock clock,
            @ConfigProperty(name = "daftar.usage.accept.oldest") Period oldest,
            @ConfigProperty(name = "daftar.usage.accept.future") Duration future) {
        this.clock = clock;
        this.oldest = oldest;
        this.certain = Duration.ofDays(oldest.toTotalMonths() * SHORTEST_MONTH);
        this.future = future;
    }

    /**
     * Returns the time unchanged.
     *
     * @throws Rejection when it lies outside
     */
    Instant accept(Instant time) {
        Instant now = clock.instant();
        // the calendar is asked for old events alone
        if (time.isBefore(now.minus(certain)) && time.isBefore(earliest(now))) {
            throw new Rejection("timestamp", "is older than " + oldest);
        }
        if (time.isAfter(now.plus(future))) {
            throw new Rejection("timestamp", "lies more than " + future + " in the future");
        }
        return time;
    }

    private Instant earliest(Instant now) {
        return now.atOffset(ZoneOffset.UTC).minus(oldest).toInstant();
    }
}
