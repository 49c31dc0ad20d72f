package daftar.acceptance;

import daftar.local.process.LocalProcess;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

/**
 * Ends parts of a running system without warning (SIGKILL), in an order and at moments that a seed decides. A part is
 * killed while it works, so one that is not back yet lives until it does; nobody waits for the other parts.
 */
final class Kills implements AutoCloseable {

    static final String USAGE = "usage";
    static final String BROKER = "kafka";
    static final String PRIMARY = "postgres-primary";
    static final int OF_EACH = 2;

    private static final Duration FIRST = Duration.ofSeconds(4);
    private static final Duration SPACE = Duration.ofSeconds(6);
    private static final Duration LONGEST_ABSENCE = Duration.ofSeconds(90);
    /** A part that dies while it is being started has died twice for the launcher, which counts. */
    private static final Duration STARTED = Duration.ofSeconds(2);

    private final LocalSystem system;
    private final Admin admin;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final List<Future<String>> done = new ArrayList<>();
    private final long start = System.nanoTime();

    /** Begins at once. */
    Kills(LocalSystem system, long seed) {
        this.system = system;
        this.admin = Admin.create(Map.of("bootstrap.servers", system.kafka(), "reconnect.backoff.max.ms", 500));
        Random random = new Random(seed);
        List<String> victims = new ArrayList<>();
        for (int time = 0; time < OF_EACH; time++) {
            List<String> round = new ArrayList<>(List.of(USAGE, BROKER, PRIMARY));
            Collections.shuffle(round, random);
            victims.addAll(round);
        }
        long moment = FIRST.toMillis();
        for (String victim : victims) {
            long at = moment + random.nextLong(SPACE.toMillis());
            done.add(clock.schedule(() -> kill(victim), at, TimeUnit.MILLISECONDS));
            moment += SPACE.toMillis();
        }
    }

    /** Waits until all are done, and says what was killed and when. */
    List<String> await() throws Exception {
        List<String> kills = new ArrayList<>();
        for (Future<String> kill : done) {
            kills.add(kill.get(2 * LONGEST_ABSENCE.toSeconds(), TimeUnit.SECONDS));
        }
        return kills;
    }

    private String kill(String victim) {
        switch (victim) {
            case USAGE -> awaitCounting();
            case BROKER -> awaitStarted(victim, this::brokerAnswers);
            default -> awaitStarted(victim, this::primaryAnswers);
        }
        LocalProcess process = system.process(victim);
        String kill = String.format(
                Locale.ROOT,
                "kill -9 of %s (process %d) after %.1f s",
                victim,
                process.pid(),
                (System.nanoTime() - start) / 1e9);
        System.out.println(kill);
        process.kill();
        return kill;
    }

    /** Until an event has just been counted, whose offset then is seldom confirmed yet. */
    private void awaitCounting() {
        long[] before = {Long.MAX_VALUE};
        Awaitility.await(USAGE + " counts")
                .atMost(LONGEST_ABSENCE)
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptions()
                .until(() -> {
                    long counted = counted();
                    boolean counts = counted > before[0];
                    before[0] = counted;
                    return counts;
                });
    }

    private long counted() throws SQLException {
        try (Connection books = system.connect("usage_owner", false)) {
            return Long.parseLong(Slices.query(books, "SELECT count(*) FROM usage.usage_event_keys")
                    .get(0));
        }
    }

    private static void awaitStarted(String part, Callable<Boolean> answers) {
        Awaitility.await(part + " answers")
                .atMost(LONGEST_ABSENCE)
                .during(STARTED)
                .ignoreExceptions()
                .until(answers);
    }

    private boolean brokerAnswers() throws Exception {
        return !admin.describeCluster().nodes().get(1, TimeUnit.SECONDS).isEmpty();
    }

    private boolean primaryAnswers() throws SQLException {
        return counted() >= 0;
    }

    @Override
    public void close() {
        clock.shutdownNow();
        admin.close(Duration.ofSeconds(5));
    }
}
