package daftar.analytics.profile;

import java.time.Instant;
import java.util.UUID;

/**
 * A learner's profile of one concept, as it is read.
 *
 * @param masteryScore probability that the concept is known, in (0, 1), at {@code lastInteraction}
 * @param lastInteraction when the last interaction happened
 * @param totalInteractions how many there were
 * @param streakDays local dates in a row with an interaction, as of {@code lastInteraction}
 * @param currentStreakDays the same as of now, in the learner's last time zone: 0 once neither today nor
 *     yesterday belongs to it
 */
public record Profile(
        UUID id,
        UUID userId,
        String subject,
        String concept,
        double masteryScore,
        Instant lastInteraction,
        int totalInteractions,
        int streakDays,
        int currentStreakDays) {}
