package daftar.usage.price;

import jakarta.annotation.Nullable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * All versions of all prices, and what they make of an event. It never changes; a newer book takes its place.
 *
 * <p>Which price holds: of each unit by itself, the model's version in effect at the event's time; where the model has
 * none at that time, or the event names no model, the service's default (a price without a model). A version is in
 * effect from its {@code effectiveFrom}, inclusive, until the next version of the same service, model and unit.
 *
 * <p>Input and output tokens are rated by their two prices where the event tells them apart and both prices are there;
 * else all tokens by the price of {@link Unit#TOKEN}. An event of which anything has no price has no cost at all: half of
 * a cost would pass for the whole.
 *
 * <p>The arithmetic is exact. Prices have six decimals for a million units, hence twelve for one; the sum is rounded
 * once, half up, to the six decimals that a cost has.
 */
public final class PriceBook {

    /** Of an event that has no cost since a price is missing. */
    public static final long UNPRICED = -1;

    /** Far beyond what a row can hold, and still a number. */
    private static final long MOST = Long.MAX_VALUE / 1_000_000;

    private static final long NO_PRICE = -1;

    /** Twelve decimals against six. */
    private static final long MICROS = 1_000_000;

    /** How far a reported cost may be from the computed one: a hundredth, and never less than the last decimal. */
    private static final long DRIFT_DIVISOR = 100;

    private static final long LAST_DECIMAL = 1;

    private final Map<String, Map<String, Map<Unit, List<Version>>>> services;

    private PriceBook(Map<String, Map<String, Map<Unit, List<Version>>>> services) {
        this.services = services;
    }

    /**
     * One version of one price.
     *
     * @param model null for the service's default
     * @param microsPerMillion millionths of a US dollar for a million units, below 10^12
     */
    record Version(
            UUID id,
            String serviceName,
            @Nullable String model,
            Unit unit,
            long microsPerMillion,
            Instant effectiveFrom) {}

    static PriceBook of(Collection<Version> versions) {
        Map<String, Map<String, Map<Unit, List<Version>>>> services = new HashMap<>();
        versions.stream()
                .sorted(Comparator.comparing(Version::effectiveFrom).reversed())
                .forEach(version -> services.computeIfAbsent(version.serviceName(), service -> new HashMap<>())
                        .computeIfAbsent(version.model(), model -> new EnumMap<>(Unit.class))
                        .computeIfAbsent(version.unit(), unit -> new ArrayList<>())
                        .add(version));
        return new PriceBook(services);
    }

    /**
     * What an event cost, in millionths of a US dollar, or {@link #UNPRICED}. What was nothing costs nothing, with or
     * without a price. A cost beyond 9 million dollars is given as about that much.
     */
    public long microUsd(Metered use) {
        try {
            long tokens = picosOfTokens(use);
            long speech = picos(use, Unit.SPEECH_SECOND, use.speechSeconds());
            if (tokens == NO_PRICE || speech == NO_PRICE) {
                return UNPRICED;
            }
            return Math.addExact(Math.addExact(tokens, speech), MICROS / 2) / MICROS;
        } catch (ArithmeticException beyond) {
            return MOST;
        }
    }

    /** Whether a reported cost is too far from the computed one, both in millionths of a US dollar. */
    public static boolean isDrift(long reported, long computed) {
        long difference = Math.abs(reported - computed);
        return difference > LAST_DECIMAL && difference > computed / DRIFT_DIVISOR;
    }

    /** The versions that {@link #microUsd} takes for an event that it has a cost for. */
    public List<UUID> versionsFor(Metered use) {
        List<Unit> units = new ArrayList<>();
        if (isToldApart(use)) {
            units.add(Unit.INPUT_TOKEN);
            units.add(Unit.OUTPUT_TOKEN);
        } else if (use.tokensUsed() > 0) {
            units.add(Unit.TOKEN);
        }
        if (use.speechSeconds() > 0) {
            units.add(Unit.SPEECH_SECOND);
        }
        return units.stream().map(unit -> version(use, unit).id()).toList();
    }

    private long picosOfTokens(Metered use) {
        if (isToldApart(use)) {
            return Math.addExact(
                    picos(use, Unit.INPUT_TOKEN, use.inputTokens()), picos(use, Unit.OUTPUT_TOKEN, use.outputTokens()));
        }
        return picos(use, Unit.TOKEN, use.tokensUsed());
    }

    private boolean isToldApart(Metered use) {
        return use.inputTokens() != null
                && use.outputTokens() != null
                && use.tokensUsed() > 0
                && version(use, Unit.INPUT_TOKEN) != null
                && version(use, Unit.OUTPUT_TOKEN) != null;
    }

    private long picos(Metered use, Unit unit, int amount) {
        if (amount == 0) {
            return 0;
        }
        Version version = version(use, unit);
        return version == null ? NO_PRICE : Math.multiplyExact(version.microsPerMillion(), amount);
    }

    @Nullable
    private Version version(Metered use, Unit unit) {
        Map<String, Map<Unit, List<Version>>> models = services.get(use.serviceName());
        if (models == null) {
            return null;
        }
        Version ofModel = use.model() == null ? null : inEffect(models.get(use.model()), unit, use.timestamp());
        return ofModel == null ? inEffect(models.get(null), unit, use.timestamp()) : ofModel;
    }

    /** The latest comes first, and is nearly always the one. */
    @Nullable
    private static Version inEffect(@Nullable Map<Unit, List<Version>> units, Unit unit, Instant time) {
        if (units == null) {
            return null;
        }
        for (Version version : units.getOrDefault(unit, List.of())) {
            if (!version.effectiveFrom().isAfter(time)) {
                return version;
            }
        }
        return null;
    }
}
