package daftar.kit.inbox;

import io.cloudevents.CloudEvent;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Nullable;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a service does with a topic's events. Each is a bean, so that a dead letter finds its way back to it.
 */
public interface Effect<E> {

    /** The topic whose events these are. */
    String topic();

    /**
     * Reads one event.
     *
     * @throws Rejection when it can never have an effect
     */
    E read(CloudEvent event);

    /**
     * De-duplicates the events and changes the service's state, all in one statement or transaction. It
     * is called again with the same events after a crash, and must then change nothing. A dead letter that
     * is tried again comes after younger events.
     *
     * @param batch events in the order of their partitions, never empty
     * @return those that the database knows to be impossible, each with its reason; they too changed
     *     nothing
     */
    Uni<List<DeadLetter>> apply(List<Received<E>> batch);

    /**
     * Does beforehand what of {@link #apply} needs no database, on a thread that may be kept busy: a batch is made ready
     * while the one before has its effect.
     *
     * @param batch as {@link #apply} takes it, or empty
     * @return the rest of {@link #apply}, to be begun soon; after a failure {@link #apply} is asked
     */
    default Prepared prepare(List<Received<E>> batch) {
        return () -> apply(batch);
    }

    /** A batch for which only the database is wanted. */
    @FunctionalInterface
    interface Prepared {

        /** Asked once, when the batch before has had its effect. Answers as {@link Effect#apply} does. */
        Uni<List<DeadLetter>> begin();

        /**
         * Asked once, before {@link #begin}, and perhaps while the batch before has yet to have its effect. What it gives
         * must fail, and change nothing, where that batch has had none. After a failure the batch begins again by {@link #begin}.
         *
         * @param before the batch before, which is not known to be done, and perhaps has not begun; null when it is done
         * @return what is asked at once, and must fail at last where that batch ends without it; empty when this batch cannot
         *     be begun ahead, or not behind that one
         */
        default Optional<Uni<List<DeadLetter>>> ahead(@Nullable Prepared before) {
            return Optional.empty();
        }
    }

    /** An event as the service reads it, and the record that it came in, bytes as they came. */
    record Received<E>(ConsumerRecord<byte[], byte[]> record, E event) {}

    /** A record that had no effect, bytes as they came, and the reason, without personal data. */
    record DeadLetter(ConsumerRecord<byte[], byte[]> record, String reason) {}

    /** An event that can never have an effect as it stands. Its message is the reason, without personal data. */
    final class Rejection extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final String pointer;

        /** Rejects the event with a reason that an operator can act upon. */
        public Rejection(String reason) {
            super(reason, null, false, false);
            this.pointer = "";
        }

        /**
         * Rejects the event for one field of its data.
         *
         * @param what is wrong with it; the reason is the field's name and this
         */
        public Rejection(String field, String what) {
            super(field + " " + what, null, false, false);
            this.pointer = "/data/" + field;
        }

        /** Where in the event, written as JSON, the fault is: an RFC 6901 pointer, empty for all of it. */
        public String pointer() {
            return pointer;
        }
    }
}
