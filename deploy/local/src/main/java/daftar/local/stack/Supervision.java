package daftar.local.stack;

import daftar.local.StartFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Starts a part again that died, as an orchestrator would. One that dies again and again is left alone: then it is for a
 * person to look.
 */
final class Supervision {
    static final int MOST_STARTS = 5;
    static final Duration WITHIN = Duration.ofMinutes(10);

    private final List<Part> parts;
    private final Progress progress;
    private final Clock clock;
    private final Map<Part, Deque<Instant>> starts = new HashMap<>();
    private final Set<Part> leftAlone = new HashSet<>();

    Supervision(List<Part> parts, Progress progress, Clock clock) {
        this.parts = parts;
        this.progress = progress;
        this.clock = clock;
    }

    /** Looks at each part once, and starts again what does not run. */
    void look() {
        for (Part part : parts) {
            boolean running = part.isRunning();
            if (running && leftAlone.remove(part)) {
                progress.say(part.name() + " runs again");
            } else if (!running && !leftAlone.contains(part)) {
                startAgain(part);
            }
        }
    }

    private void startAgain(Part part) {
        progress.say(part.name() + " has died; the end of " + part.logFile() + " says:");
        progress.print(part.lastLogLines());
        if (!mayStart(part)) {
            leaveAlone(part, "It died " + MOST_STARTS + " times in " + WITHIN.toMinutes() + " minutes.");
            return;
        }
        progress.say("starting " + part.name() + " again");
        try {
            part.start();
        } catch (StartFailure e) {
            // counts as one more death
            progress.print(e.getMessage());
        }
    }

    private boolean mayStart(Part part) {
        Deque<Instant> times = starts.computeIfAbsent(part, key -> new ArrayDeque<>());
        Instant now = clock.instant();
        times.removeIf(time -> time.plus(WITHIN).isBefore(now));
        if (times.size() >= MOST_STARTS) {
            return false;
        }
        times.add(now);
        return true;
    }

    private void leaveAlone(Part part, String why) {
        leftAlone.add(part);
        progress.print(why);
        progress.print("The rest keeps running; deploy/local/down and up start everything again.");
    }
}
