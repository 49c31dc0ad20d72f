package daftar.analytics.profile;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.UUID;

/**
 * What a profile needs to know of one interaction.
 *
 * @param occurredAt to the microsecond
 * @param localDate the learner's date at that moment
 */
public record Answer(UUID id, boolean correct, Instant occurredAt, LocalDate localDate) {

    /**
     * The order in which answers count. The id decides between answers of the same moment, byte by byte as
     * PostgreSQL compares them: {@link UUID#compareTo} is signed and would order them otherwise.
     */
    public static final Comparator<Answer> ORDER = Comparator.comparing(Answer::occurredAt)
            .thenComparing(answer -> answer.id().toString());
}
