package daftar.local.replay;

import java.util.Collection;

/**
 * What one user, or all of them, used.
 *
 * @param events how many requests
 * @param tokens sum of {@code tokens_used}
 */
record Tally(long events, long tokens) {
    static final Tally NONE = new Tally(0, 0);

    static Tally sum(Collection<Tally> tallies) {
        return tallies.stream().reduce(NONE, Tally::plus);
    }

    Tally plus(Tally other) {
        return new Tally(events + other.events, tokens + other.tokens);
    }
}
