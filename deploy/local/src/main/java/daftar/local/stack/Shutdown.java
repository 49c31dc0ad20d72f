package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.process.LocalProcess;
import daftar.local.process.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Stops a system from outside. */
public final class Shutdown {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private Shutdown() {}

    /**
     * Asks the launcher to stop everything and waits; without a launcher, stops by the pid files what it left.
     *
     * @return exit status: 0 when nothing runs any more
     */
    public static int of(Installation installation, DataFolder folder, Progress progress) {
        Optional<LocalProcess> launcher = folder.launcher();
        if (launcher.isPresent()) {
            progress.say("stopping everything on " + folder.root() + " (launcher pid "
                    + launcher.get().pid() + ")");
            launcher.get().signal("TERM");
            if (!Waiting.until(LIMIT, () -> !launcher.get().isAlive())) {
                progress.say("the launcher does not end: stopping what it started without it");
                launcher.get().kill();
            }
        }
        List<String> leftOvers = Stack.stopLeftOvers(installation, folder);
        if (launcher.isEmpty() && leftOvers.isEmpty()) {
            progress.print("Nothing runs on " + folder.root() + ".");
        } else {
            progress.say(leftOvers.isEmpty() ? "stopped" : "stopped " + String.join(", ", leftOvers));
        }
        return 0;
    }
}
