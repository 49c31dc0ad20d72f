package daftar.usage.ingest;

import com.fasterxml.jackson.annotation.JsonValue;
import daftar.usage.ingest.PostedEvent.Refused;
import daftar.usage.ingest.PostedEvent.Valid;
import jakarta.annotation.Nullable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What becomes of each event of a request, as far as it can be known before the topic's consumer has it.
 *
 * @param items one for each event, in order
 * @param outgoing what goes to the topic: what is accepted, and conflicts, which the consumer keeps as dead letters
 */
record Judgement(List<Item> items, List<Outgoing> outgoing) {

    /** What became of one event. */
    enum Result {
        /** The topic has it, and it will count unless an event that is under way has its id. */
        ACCEPTED,
        /** An event with its id that says the same has counted, or stands earlier in the request. */
        DUPLICATE,
        /** An event with its id that says something else has counted, or stands earlier in the request. */
        CONFLICT,
        /** It can never count as it stands. */
        REJECTED;

        /** Its name in answers and metrics. */
        @JsonValue
        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What became of one event.
     *
     * @param id the event's id as it was sent; null where it has none
     * @param reason why it is rejected or a conflict, else null
     * @param pointer where in the body the fault is (RFC 6901), null unless it is rejected
     */
    record Item(
            @Nullable String id,

            @Schema(
                    implementation = String.class,
                    enumeration = {"accepted", "duplicate", "conflict", "rejected"})
            Result result,

            @Nullable String reason,
            @Nullable String pointer) {}

    /**
     * An event for the topic.
     *
     * @param keyedBy whose partition it goes to
     */
    record Outgoing(Valid event, UUID keyedBy) {}

    /**
     * Judges events by what had counted a moment ago.
     *
     * @param counted digests of the events that have counted, by id; null values for those of before there were digests
     * @param users those of the events' users that are known
     * @param batch whether the body is an array, which pointers go into
     */
    static Judgement of(List<PostedEvent> events, Map<UUID, UUID> counted, Set<UUID> users, boolean batch) {
        Judgement judgement = new Judgement(new ArrayList<>(), new ArrayList<>());
        Map<UUID, UsageRecorded> accepted = new HashMap<>();
        for (PostedEvent event : events) {
            String place = batch ? "/" + judgement.items.size() : "";
            if (event instanceof Refused refused) {
                String pointer = place + refused.rejection().pointer();
                judgement.items.add(new Item(
                        refused.id(), Result.REJECTED, refused.rejection().getMessage(), pointer));
            } else if (event instanceof Valid valid) {
                judgement.judge(valid, counted, users, accepted, place);
            }
        }
        return judgement;
    }

    private void judge(
            Valid event, Map<UUID, UUID> counted, Set<UUID> users, Map<UUID, UsageRecorded> accepted, String place) {
        UsageRecorded usage = event.event();
        if (!users.contains(usage.userId())) {
            items.add(new Item(event.id(), Result.REJECTED, UsageIngest.UNKNOWN_USER, place + "/data/user_id"));
            return;
        }
        UsageRecorded first = accepted.get(usage.id());
        UUID before = counted.containsKey(usage.id()) ? counted.get(usage.id()) : first == null ? null : first.digest();
        if (!counted.containsKey(usage.id()) && first == null) {
            accepted.put(usage.id(), usage);
            outgoing.add(new Outgoing(event, usage.userId()));
            items.add(new Item(event.id(), Result.ACCEPTED, null, null));
        } else if (before == null || before.equals(usage.digest())) {
            items.add(new Item(event.id(), Result.DUPLICATE, null, null));
        } else {
            // behind the accepted one of the same request, in its partition: the accepted one is to count
            outgoing.add(new Outgoing(event, first == null ? usage.userId() : first.userId()));
            items.add(new Item(event.id(), Result.CONFLICT, UsageIngest.CONFLICT, null));
        }
    }
}
