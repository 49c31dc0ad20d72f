package daftar.usage.reservation;

import com.fasterxml.jackson.annotation.JsonProperty;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.util.UUID;

/**
 * A part of a user's allowance that is promised before it is used.
 *
 * @param tokens what is reserved; after a settlement what was used
 * @param speechSeconds the same in seconds of speech
 * @param sessionId the tutoring session; null where it was not said
 * @param serviceName which service will be used; null where it was not said
 * @param expiresAt when a hold that nobody settled ends
 */
record Reservation(
        UUID id,
        UUID userId,
        State state,
        int tokens,
        int speechSeconds,
        @Nullable UUID sessionId,
        @Nullable String serviceName,
        Instant createdAt,
        Instant expiresAt) {

    /** What can become of a reservation. Usage that is counted settles it whatever its state. */
    enum State {
        /** It is part of what the balance has reserved. */
        @JsonProperty("held")
        HELD,
        /** What was used is known and part of what the balance has reserved; its event is under way. */
        @JsonProperty("settling")
        SETTLING,
        /** What was used has counted. */
        @JsonProperty("settled")
        SETTLED,
        /** Nothing was used. */
        @JsonProperty("released")
        RELEASED,
        /** Nobody settled it in time. */
        @JsonProperty("expired")
        EXPIRED;

        static State of(String wireName) {
            return valueOf(wireName.toUpperCase(java.util.Locale.ROOT));
        }

        String wireName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        private boolean isReserved() {
            return this == HELD || this == SETTLING;
        }
    }

    /** What a request makes of a reservation. */
    sealed interface Outcome {

        /**
         * It changes.
         *
         * @param tokens what is added to the balance's reserved tokens, negative where some become free
         * @param speechSeconds the same in seconds of speech
         */
        record Changed(Reservation after, long tokens, long speechSeconds) implements Outcome {}

        /** It was like that before. */
        record Unchanged(Reservation reservation) implements Outcome {}

        /** It cannot become that any more. */
        record Refused(String reason) implements Outcome {}
    }

    /**
     * Says what was used. Also more than was reserved, and after the hold expired: what was used is a fact. Saying the
     * same again changes nothing.
     */
    Outcome settle(Settlement actual) {
        return switch (state) {
            case HELD, EXPIRED ->
                changed(
                        State.SETTLING,
                        actual.tokens(),
                        actual.seconds(),
                        actual.sessionId() == null ? sessionId : actual.sessionId(),
                        actual.serviceName() == null ? serviceName : actual.serviceName());
            case SETTLING, SETTLED ->
                tokens == actual.tokens() && speechSeconds == actual.seconds()
                        ? new Outcome.Unchanged(this)
                        : new Outcome.Refused("The reservation was settled with other amounts.");
            case RELEASED -> new Outcome.Refused("The reservation was released: nothing was used.");
        };
    }

    /** Says that nothing was used. Saying it again, or of one that expired, changes nothing. */
    Outcome release() {
        return switch (state) {
            case HELD -> changed(State.RELEASED, tokens, speechSeconds, sessionId, serviceName);
            case RELEASED, EXPIRED -> new Outcome.Unchanged(this);
            case SETTLING, SETTLED -> new Outcome.Refused("The reservation was settled.");
        };
    }

    private Outcome changed(State newState, int newTokens, int newSeconds, UUID session, String service) {
        Reservation after =
                new Reservation(id, userId, newState, newTokens, newSeconds, session, service, createdAt, expiresAt);
        return new Outcome.Changed(
                after, after.reservedTokens() - reservedTokens(), after.reservedSeconds() - reservedSeconds());
    }

    private long reservedTokens() {
        return state.isReserved() ? tokens : 0;
    }

    private long reservedSeconds() {
        return state.isReserved() ? speechSeconds : 0;
    }
}
