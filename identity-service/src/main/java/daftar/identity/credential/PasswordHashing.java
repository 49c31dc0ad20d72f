package daftar.identity.credential;

import daftar.kit.problem.Problem;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.annotation.Nullable;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Hashes and verifies passwords off the event loop: as many at once as there are cores, a bounded
 * number waiting. Past it callers get a 503 with {@code Retry-After} at once: a login that would have
 * waited for longer than a person does is worth nothing.
 */
@Startup
@ApplicationScoped
public class PasswordHashing {

    /** A timer, which Prometheus shows as {@code daftar_password_hashing_seconds}. */
    static final String HASHING = "daftar_password_hashing";

    static final String WAITING = "daftar_password_waiting";

    private final ThreadPoolExecutor threads;
    private final Timer timer;
    private final String nobodys;

    @Inject
    PasswordHashing(
            MeterRegistry meters, @ConfigProperty(name = "daftar.password.waiting-per-core") int waitingPerCore) {
        int cores = Runtime.getRuntime().availableProcessors();
        this.threads = new ThreadPoolExecutor(
                cores, cores, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(cores * waitingPerCore), runnable -> {
                    Thread thread = new Thread(runnable, "password-hashing");
                    thread.setDaemon(true);
                    return thread;
                });
        this.timer = Timer.builder(HASHING)
                .description("Time that one Argon2id computation takes, without waiting")
                .register(meters);
        meters.gaugeCollectionSize(WAITING, java.util.List.<io.micrometer.core.instrument.Tag>of(), threads.getQueue());
        this.nobodys = Argon2id.hash("the password of nobody");
    }

    @PreDestroy
    void stop() {
        threads.shutdownNow();
    }

    /** The password's hash as a PHC string. */
    public Uni<String> hash(String password) {
        return compute(() -> Argon2id.hash(password));
    }

    /**
     * Whether the password is the one that was hashed. It takes the same time when there is no hash:
     * nobody can tell by the clock whether an account exists.
     *
     * @param phc the stored hash, null where there is no such account
     */
    public Uni<Boolean> matches(String password, @Nullable String phc) {
        return compute(() -> Argon2id.matches(password, phc == null ? nobodys : phc) && phc != null);
    }

    /** Whether the hash should be made anew, now that the password is at hand. */
    public boolean isOutdated(String phc) {
        return Argon2id.isOutdated(phc);
    }

    private <T> Uni<T> compute(Supplier<T> work) {
        Context caller = Vertx.currentContext();
        Executor back = caller == null ? Runnable::run : step -> caller.runOnContext(ignored -> step.run());
        return Uni.createFrom()
                .item(() -> timer.record(work))
                .runSubscriptionOn(threads)
                .onFailure(RejectedExecutionException.class)
                .transform(full -> Problem.UNAVAILABLE.because("Too many are logging in at the moment."))
                .emitOn(back);
    }
}
