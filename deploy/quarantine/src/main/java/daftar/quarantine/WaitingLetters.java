package daftar.quarantine;

import daftar.kit.position.Reads;
import daftar.kit.telemetry.Meters;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** Counts the letters that wait, for operators: up to 10,000, every so often. */
@Startup
@ApplicationScoped
class WaitingLetters {

    private final Reads reads;
    private volatile long depth;

    @Inject
    WaitingLetters(Reads reads, MeterRegistry meters) {
        this.reads = reads;
        meters.gauge(Meters.DEAD_LETTERS_WAITING, this, waiting -> waiting.depth);
    }

    @Scheduled(
            every = "${daftar.dead-letters.count-every}",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
            skipExecutionIf = Scheduled.ApplicationNotRunning.class)
    Uni<Void> count() {
        return reads.read(connection ->
                        connection.preparedQuery(LetterQueries.DEPTH).execute())
                .invoke(rows -> depth = rows.iterator().next().getLong("depth"))
                .replaceWithVoid()
                .onFailure()
                .recoverWithNull();
    }
}
