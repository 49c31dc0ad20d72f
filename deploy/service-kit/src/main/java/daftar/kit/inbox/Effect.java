package daftar.kit.inbox;

import io.cloudevents.CloudEvent;
import io.smallrye.mutiny.Uni;
import java.util.List;

/** What a service does with a topic's events. */
public interface Effect<E> {

    /**
     * Reads one event.
     *
     * @throws Rejection when it can never have an effect
     */
    E read(CloudEvent event);

    /**
     * De-duplicates the events and changes the service's state, all in one statement or transaction. It
     * is called again with the same events after a crash, and must then change nothing.
     *
     * @param batch events in the order of their partitions, never empty
     * @return those that the database knows to be impossible, each with its reason; they too changed
     *     nothing
     */
    Uni<List<DeadLetter>> apply(List<Received<E>> batch);
}
