package daftar.identity.session;

import jakarta.annotation.Nullable;
import java.time.Duration;
import java.time.Instant;

/**
 * What a refresh token is worth. Every refresh makes the next generation and ends the one before, whose
 * token may be exchanged for the same successor for another 20 seconds: two tabs may refresh at once,
 * and an answer may be lost on the way. Whoever presents an older one has stolen it or was stolen from,
 * and nobody knows which: the session ends (RFC 9700 section 4.14.2).
 */
final class SessionRules {

    /** A session ends when it is not refreshed for this long. */
    static final Duration IDLE = Duration.ofDays(14);

    /** A session ends at this age: the person logs in again (NIST SP 800-63B-4 section 2.1.3). */
    static final Duration AT_MOST = Duration.ofDays(30);

    /** For how long the token before the present one gives the present one again. */
    static final Duration GRACE = Duration.ofSeconds(20);

    /** What is stored of a session. */
    record State(
            int generation,
            Instant rotatedAt,
            Instant expiresAt,
            @Nullable Instant revokedAt) {}

    /** What a genuine token is worth. */
    enum Verdict {
        /** It is the present one: exchange it for the next generation. */
        ROTATE,
        /** It was the present one a moment ago: give the present one. */
        REPEAT,
        /** The session is over. */
        REFUSE,
        /** It was exchanged long ago: end the session. */
        END
    }

    private SessionRules() {}

    static Verdict judge(State session, int presented, Instant now) {
        if (session.revokedAt() != null || !now.isBefore(session.expiresAt())) {
            return Verdict.REFUSE;
        }
        if (presented == session.generation()) {
            return Verdict.ROTATE;
        }
        boolean before = presented == session.generation() - 1;
        return before && !now.isAfter(session.rotatedAt().plus(GRACE)) ? Verdict.REPEAT : Verdict.END;
    }

    /** When a session ends unless it is refreshed before. */
    static Instant expiry(Instant createdAt, Instant now) {
        Instant idle = now.plus(IDLE);
        Instant last = createdAt.plus(AT_MOST);
        return idle.isBefore(last) ? idle : last;
    }
}
