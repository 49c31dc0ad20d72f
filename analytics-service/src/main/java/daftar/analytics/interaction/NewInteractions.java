package daftar.analytics.interaction;

import daftar.kit.problem.Problem;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Interactions that are recorded together: all of them or none. */
record NewInteractions(@NotNull @Size(min = 1, max = 500) List<@NotNull @Valid Interaction> interactions) {

    private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");

    /** A device's clock may be wrong by a day; past that it is not a clock. */
    private static final Duration FUTURE = Duration.ofHours(24);

    /** Fixed offsets such as +02:00 are zone ids to Java and no IANA zones: they know no summer time. */
    private static final Set<String> ZONES = Set.copyOf(ZoneId.getAvailableZoneIds());

    /**
     * Checks what annotations cannot: times against the clock, and zones.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 422 naming every field that is wrong
     */
    void check(Instant now) {
        List<Problem.FieldError> errors = new ArrayList<>();
        for (int i = 0; i < interactions.size(); i++) {
            Interaction interaction = interactions.get(i);
            if (interaction.occurredAt().isBefore(EARLIEST)) {
                errors.add(error(i, "occurred_at", "must not be before 2000"));
            }
            if (interaction.occurredAt().isAfter(now.plus(FUTURE))) {
                errors.add(error(i, "occurred_at", "must not be more than 24 hours in the future"));
            }
            if (!ZONES.contains(interaction.timeZone())) {
                errors.add(error(i, "time_zone", "must be an IANA time zone, as in Africa/Cairo"));
            }
        }
        if (!errors.isEmpty()) {
            throw Problem.INVALID_INPUT.because("See errors for what is wrong and where.", errors);
        }
    }

    private static Problem.FieldError error(int index, String field, String detail) {
        return new Problem.FieldError("/interactions/" + index + "/" + field, detail);
    }
}
