package daftar.identity.token;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which key signs, when the next one is made and when an old one is deleted.
 *
 * <p>A key signs for 30 days. Its successor is published an hour, and never less than 15 minutes,
 * before it signs: verifiers may hold a copy of the published set for five minutes. A key stays
 * published until the last token that it signed has expired, and an hour more. Where nobody ran the
 * schedule for long, the old key goes on signing until its successor has been published for long
 * enough: a token that nobody can verify is worse than an old key.
 */
final class KeySchedule {

    static final Duration SIGNS_FOR = Duration.ofDays(30);
    static final Duration PUBLISHED_BEFORE = Duration.ofHours(1);
    static final Duration PUBLISHED_BEFORE_AT_LEAST = Duration.ofMinutes(15);
    static final Duration PUBLISHED_AFTER = AccessTokens.LIFETIME.plus(Duration.ofHours(1));

    private static final Comparator<KeyTimes> BY_START =
            Comparator.comparing(KeyTimes::activeFrom).thenComparing(KeyTimes::kid);

    private KeySchedule() {}

    /**
     * The kid of the key that signs now; empty only when there is no key at all. The clock of another
     * instance may run ahead: a key that is about to be active is better than none.
     */
    static Optional<String> signer(Collection<KeyTimes> keys, Instant now) {
        return keys.stream()
                .filter(key -> !key.activeFrom().isAfter(now))
                .max(BY_START)
                .or(() -> keys.stream().min(BY_START))
                .map(KeyTimes::kid);
    }

    /** The times of the key that must be made now, if one must. */
    static Optional<KeyTimes> due(Collection<KeyTimes> keys, String kid, Instant now) {
        Optional<KeyTimes> last = keys.stream().max(BY_START);
        if (last.isEmpty()) {
            return Optional.of(new KeyTimes(kid, now, now, now.plus(SIGNS_FOR)));
        }
        Instant retireAt = last.get().retireAt();
        if (now.isBefore(retireAt.minus(PUBLISHED_BEFORE))) {
            return Optional.empty();
        }
        Instant earliest = now.plus(PUBLISHED_BEFORE_AT_LEAST);
        Instant activeFrom = retireAt.isBefore(earliest) ? earliest : retireAt;
        return Optional.of(new KeyTimes(kid, now, activeFrom, activeFrom.plus(SIGNS_FOR)));
    }

    /** The kids of the keys that no valid token needs any longer. */
    static List<String> expired(Collection<KeyTimes> keys, Instant now) {
        Optional<KeyTimes> newestThatSigned = keys.stream()
                .filter(key -> !key.activeFrom().plus(PUBLISHED_AFTER).isAfter(now))
                .max(BY_START);
        return newestThatSigned.stream()
                .flatMap(newest -> keys.stream().filter(key -> BY_START.compare(key, newest) < 0))
                .map(KeyTimes::kid)
                .toList();
    }
}
