package daftar.billing.usage;

import daftar.kit.inbox.Effect;
import io.cloudevents.CloudEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What topic {@code usage-events} does: events are added up, then corrections are applied, so that a correction finds what
 * it corrects in its own batch too.
 */
@ApplicationScoped
class UsageEventsEffect implements Effect<UsageEvent> {

    private final UsageTotals totals;
    private final CorrectedTotals corrections;

    @Inject
    UsageEventsEffect(UsageTotals totals, CorrectedTotals corrections) {
        this.totals = totals;
        this.corrections = corrections;
    }

    @Override
    public String topic() {
        return "usage-events";
    }

    @Override
    public UsageEvent read(CloudEvent event) {
        return UsageCorrected.TYPE.equals(event.getType()) ? UsageCorrected.read(event) : totals.read(event);
    }

    @Override
    public Uni<List<DeadLetter>> apply(List<Received<UsageEvent>> batch) {
        List<Received<UsageRecorded>> recorded = new ArrayList<>(batch.size());
        List<Received<UsageCorrected>> corrected = new ArrayList<>(0);
        for (Received<UsageEvent> received : batch) {
            if (received.event() instanceof UsageRecorded usage) {
                recorded.add(new Received<>(received.record(), usage));
            } else if (received.event() instanceof UsageCorrected correction) {
                corrected.add(new Received<>(received.record(), correction));
            }
        }
        if (corrected.isEmpty()) {
            return totals.apply(recorded);
        }
        Uni<List<DeadLetter>> added = recorded.isEmpty() ? Uni.createFrom().item(List.of()) : totals.apply(recorded);
        return added.chain(letters -> corrections
                .apply(corrected)
                .map(more -> Stream.concat(letters.stream(), more.stream()).toList()));
    }
}
