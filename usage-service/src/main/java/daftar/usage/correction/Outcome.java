package daftar.usage.correction;

import java.util.Locale;

/** What came of a correction. All but the first two changed nothing and have a reason. */
enum Outcome {
    APPLIED(""),
    /** It was applied before. */
    DUPLICATE(""),
    UNKNOWN_EVENT("the corrected event has not counted"),
    /** Its key is there and its row is not: nobody here can say what its amounts are. */
    ARCHIVED("the corrected event's row has left the database"),
    OF_ANOTHER_USER("the corrected event is another user's"),
    VOIDED_BEFORE("the corrected event was voided before"),
    /** A void of other amounts than those that count. */
    MISFIT("the correction does not take away what counted"),
    OUT_OF_RANGE("the corrected amounts would be below zero or too large");

    private final String reason;

    Outcome(String reason) {
        this.reason = reason;
    }

    String reason() {
        return reason;
    }

    boolean isEffective() {
        return this == APPLIED || this == DUPLICATE;
    }

    /** As the statement names it. */
    static Outcome parse(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
