package daftar.acceptance;

import java.util.ArrayList;
import java.util.List;

/** What a load balancer knows: the instances that take requests, each in its turn. */
final class LiveInstances {

    private final List<UsageInstance> live = new ArrayList<>();
    private int turn;

    /** One that is ready gets requests from now on. */
    synchronized void add(UsageInstance instance) {
        live.add(instance);
    }

    /** Gets no request any more; those that it has it may answer. */
    synchronized void remove(UsageInstance instance) {
        live.remove(instance);
    }

    synchronized List<UsageInstance> all() {
        return List.copyOf(live);
    }

    /** The next in turn, with one more request open, which the caller ends. */
    synchronized UsageInstance take() {
        turn++;
        UsageInstance next = live.get(turn % live.size());
        next.open.incrementAndGet();
        return next;
    }
}
