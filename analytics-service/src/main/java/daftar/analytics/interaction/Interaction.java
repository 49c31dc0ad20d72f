package daftar.analytics.interaction;

import daftar.analytics.profile.Answer;
import daftar.analytics.profile.Concept;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * One answer of a learner.
 *
 * @param id made by the sender; the same id counts once
 * @param correct whether the answer was right
 * @param occurredAt kept to the microsecond
 * @param timeZone the learner's IANA zone at that moment; {@code Africa/Cairo} where it is left out
 */
record Interaction(
        @NotNull UUID id,

        @NotNull @Size(min = 1, max = 100) @Pattern(regexp = NO_CONTROL_CHARACTERS)
        String subject,

        @NotNull @Size(min = 1, max = 200) @Pattern(regexp = NO_CONTROL_CHARACTERS)
        String concept,

        @NotNull Boolean correct,
        @NotNull Instant occurredAt,

        @Size(max = 100) @Pattern(regexp = NO_CONTROL_CHARACTERS)
        String timeZone) {

    private static final String NO_CONTROL_CHARACTERS = "[^\\p{Cc}\\p{Cs}]*";
    private static final String DEFAULT_ZONE = "Africa/Cairo";

    Interaction {
        occurredAt = occurredAt == null ? null : occurredAt.truncatedTo(ChronoUnit.MICROS);
        timeZone = timeZone == null ? DEFAULT_ZONE : timeZone;
    }

    Concept of() {
        return new Concept(subject, concept);
    }

    /** The learner's date at that moment. */
    LocalDate localDate() {
        return LocalDate.ofInstant(occurredAt, ZoneId.of(timeZone));
    }

    Answer answer() {
        return new Answer(id, correct, occurredAt, localDate());
    }
}
