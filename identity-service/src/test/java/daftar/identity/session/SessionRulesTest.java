package daftar.identity.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.identity.session.SessionRules.State;
import daftar.identity.session.SessionRules.Verdict;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SessionRulesTest {

    private static final Instant ROTATED = Instant.parse("2026-09-01T06:00:00Z");
    private static final Instant EXPIRES = ROTATED.plus(SessionRules.IDLE);

    @ParameterizedTest
    @CsvSource({
        // presented, seconds since the rotation, verdict; the session is in generation 5
        "5,       0, ROTATE",
        "5, 1209599, ROTATE",
        "5, 1209600, REFUSE",
        "4,       0, REPEAT",
        "4,      20, REPEAT",
        "4,      21, END",
        "3,       0, END",
        "0,       0, END",
        "6,       0, END",
        "3, 1209600, REFUSE"
    })
    void aTokenIsWorthWhatItsGenerationAndAgeSay(int presented, long seconds, Verdict verdict) {
        State session = new State(5, ROTATED, EXPIRES, null);
        assertEquals(verdict, SessionRules.judge(session, presented, ROTATED.plusSeconds(seconds)));
    }

    @ParameterizedTest
    @CsvSource({"5", "4", "3", "6"})
    void nothingBringsARevokedSessionBack(int presented) {
        State session = new State(5, ROTATED, EXPIRES, ROTATED);
        assertEquals(Verdict.REFUSE, SessionRules.judge(session, presented, ROTATED));
    }

    @Test
    void aSessionLivesFourteenDaysFromItsLastRefreshAndThirtyInAll() {
        Instant start = ROTATED;
        assertEquals(start.plus(Duration.ofDays(14)), SessionRules.expiry(start, start));
        assertEquals(start.plus(Duration.ofDays(24)), SessionRules.expiry(start, start.plus(Duration.ofDays(10))));
        assertEquals(start.plus(Duration.ofDays(30)), SessionRules.expiry(start, start.plus(Duration.ofDays(20))));
    }
}
