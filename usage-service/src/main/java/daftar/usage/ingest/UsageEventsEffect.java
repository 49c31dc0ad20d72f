package daftar.usage.ingest;

import daftar.kit.inbox.Effect;
import daftar.usage.correction.Corrections;
import daftar.usage.correction.UsageCorrected;
import io.cloudevents.CloudEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What topic {@code usage-events} does: events are counted, then corrections are applied, so that a correction finds what
 * it corrects in its own batch too.
 */
@ApplicationScoped
class UsageEventsEffect implements Effect<UsageEvent> {

    private final UsageIngest ingest;
    private final Corrections corrections;

    @Inject
    UsageEventsEffect(UsageIngest ingest, Corrections corrections) {
        this.ingest = ingest;
        this.corrections = corrections;
    }

    @Override
    public String topic() {
        return "usage-events";
    }

    @Override
    public UsageEvent read(CloudEvent event) {
        return UsageCorrected.TYPE.equals(event.getType())
                ? new UsageEvent.Corrected(UsageCorrected.read(event))
                : ingest.read(event);
    }

    @Override
    public Uni<List<DeadLetter>> apply(List<Received<UsageEvent>> batch) {
        return prepare(batch).begin();
    }

    @Override
    public Prepared prepare(List<Received<UsageEvent>> batch) {
        List<Received<UsageRecorded>> recorded = new ArrayList<>(batch.size());
        List<Received<UsageCorrected>> corrected = new ArrayList<>(0);
        for (Received<UsageEvent> received : batch) {
            if (received.event() instanceof UsageRecorded usage) {
                recorded.add(new Received<>(received.record(), usage));
            } else if (received.event() instanceof UsageEvent.Corrected event) {
                corrected.add(new Received<>(received.record(), event.correction()));
            }
        }
        if (corrected.isEmpty()) {
            return ingest.prepare(recorded);
        }
        return () -> apply(recorded, corrected);
    }

    private Uni<List<DeadLetter>> apply(
            List<Received<UsageRecorded>> recorded, List<Received<UsageCorrected>> corrected) {
        Uni<List<DeadLetter>> counted = recorded.isEmpty()
                ? Uni.createFrom().item(List.of())
                : ingest.prepare(recorded).begin();
        return counted.chain(letters -> corrections
                .apply(corrected)
                .map(more -> Stream.concat(letters.stream(), more.stream()).toList()));
    }
}
