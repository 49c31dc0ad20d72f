package daftar.analytics.profile;

import daftar.analytics.mastery.KnowledgeTracing;
import daftar.analytics.streak.Streak;
import jakarta.annotation.Nullable;
import java.util.List;

/**
 * Where a learner stands with one concept.
 *
 * @param masteryScore probability that the concept is known, in (0, 1)
 * @param totalInteractions at least 1
 * @param streak days in a row
 * @param last the answer that counted last
 */
public record Progress(double masteryScore, int totalInteractions, Streak streak, Answer last) {

    /**
     * What new answers make of a progress.
     *
     * @param before null for a concept that is new to the learner
     * @param answers in {@link Answer#ORDER}, not empty, all of them after {@code before}
     */
    public static Progress after(@Nullable Progress before, List<Answer> answers) {
        Progress progress = before;
        for (Answer answer : answers) {
            progress = progress == null ? first(answer) : progress.next(answer);
        }
        return progress;
    }

    /** Whether the answer belongs before one that has counted already, so that all must be counted anew. */
    public boolean isPast(Answer answer) {
        return Answer.ORDER.compare(answer, last) <= 0;
    }

    private static Progress first(Answer answer) {
        KnowledgeTracing tracing = KnowledgeTracing.PLATFORM;
        return new Progress(
                tracing.after(tracing.known(), answer.correct()), 1, Streak.startingOn(answer.localDate()), answer);
    }

    private Progress next(Answer answer) {
        return new Progress(
                KnowledgeTracing.PLATFORM.after(masteryScore, answer.correct()),
                totalInteractions + 1,
                streak.after(answer.localDate()),
                answer);
    }
}
