package daftar.analytics.profile;

import daftar.kit.outbox.Outbox;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** What the other services hear of learning on topic {@code mastery-events}: each profile as it changed. */
public final class MasteryEvents {

    static final String TOPIC = "mastery-events";
    static final String CHANGED = "daftar.analytics.mastery-changed.v1";

    private MasteryEvents() {}

    /**
     * A learner's profile of one concept after a change.
     *
     * @param streakDays as of {@code lastInteraction}
     */
    record MasteryChanged(
            UUID userId,
            String subject,
            String concept,
            double masteryScore,
            Instant lastInteraction,
            int totalInteractions,
            int streakDays) {}

    /** One event for each profile. */
    public static List<Outbox.Event> changed(List<Profile> profiles, Instant now) {
        return profiles.stream()
                .map(profile -> new Outbox.Event(TOPIC, profile.userId(), CHANGED, now, data(profile)))
                .toList();
    }

    private static MasteryChanged data(Profile profile) {
        return new MasteryChanged(
                profile.userId(),
                profile.subject(),
                profile.concept(),
                profile.masteryScore(),
                profile.lastInteraction(),
                profile.totalInteractions(),
                profile.streakDays());
    }
}
