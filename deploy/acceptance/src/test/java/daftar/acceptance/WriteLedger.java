package daftar.acceptance;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/**
 * Several callers that write one thing after the other over HTTP, and what they were answered: each 201 is a promise. Who is
 * told to come again later does so.
 */
final class WriteLedger implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** What {@code Retry-After} asks for is longer than a promotion takes. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Supplier<HttpRequest> writes;
    private final ExecutorService callers;
    private final List<Future<?>> ends = new ArrayList<>();
    private final ConcurrentLinkedQueue<Answer> answers = new ConcurrentLinkedQueue<>();
    private volatile boolean writing = true;

    /**
     * One answer.
     *
     * @param at when it came, in nanoseconds
     * @param id of what was written; null where nothing was
     * @param refusal what was answered instead, unless it was a 503 that says when to come again
     */
    private record Answer(long at, UUID id, String refusal) {}

    /** Begins at once. */
    WriteLedger(int callers, Supplier<HttpRequest> writes) {
        this.writes = writes;
        this.callers = Executors.newFixedThreadPool(callers);
        for (int caller = 0; caller < callers; caller++) {
            ends.add(this.callers.submit(this::write));
        }
    }

    private void write() {
        while (writing) {
            Answer answer = answer();
            answers.add(answer);
            if (answer.id() == null) {
                long next = System.nanoTime() + PAUSE.toNanos();
                Awaitility.await().atMost(LIMIT).until(() -> System.nanoTime() > next);
            }
        }
    }

    private Answer answer() {
        try {
            HttpResponse<String> answer = http.send(writes.get(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() == 201) {
                UUID id =
                        UUID.fromString(JSON.readTree(answer.body()).path("id").asText());
                return new Answer(System.nanoTime(), id, null);
            }
            boolean comeAgain = answer.statusCode() == 503
                    && answer.headers().firstValue("Retry-After").isPresent();
            return new Answer(System.nanoTime(), null, comeAgain ? null : answer.statusCode() + " " + answer.body());
        } catch (IOException e) {
            return new Answer(System.nanoTime(), null, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            writing = false;
            return new Answer(System.nanoTime(), null, e.toString());
        }
    }

    /** Waits until so many more have been written. */
    void awaitWrites(int count) {
        int before = written().size();
        Awaitility.await("writes").atMost(LIMIT).until(() -> written().size() >= before + count);
    }

    /** Everything that was promised to be kept. */
    Set<UUID> written() {
        Set<UUID> written = new TreeSet<>();
        answers.stream().filter(answer -> answer.id() != null).forEach(answer -> written.add(answer.id()));
        return written;
    }

    /** What of that is not among these. */
    Set<UUID> missingIn(Set<UUID> kept) {
        Set<UUID> missing = written();
        missing.removeAll(kept);
        return missing;
    }

    /** Answers that a caller cannot do anything about. */
    List<String> refusals() {
        return answers.stream()
                .map(Answer::refusal)
                .filter(refusal -> refusal != null)
                .toList();
    }

    /** How often a caller was told to come again. */
    long turnedAway() {
        return answers.stream()
                .filter(answer -> answer.id() == null && answer.refusal() == null)
                .count();
    }

    /** How long nobody's write was answered at most, from this moment on. */
    Duration longestGapSince(long nanos) {
        long last = nanos;
        long longest = 0;
        for (Answer answer : answers) {
            if (answer.id() != null && answer.at() > last) {
                longest = Math.max(longest, answer.at() - last);
                last = answer.at();
            }
        }
        return Duration.ofNanos(longest);
    }

    /** Writes nothing more, and waits for the answers. */
    void finish() throws Exception {
        writing = false;
        for (Future<?> end : ends) {
            end.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        writing = false;
        callers.shutdownNow();
    }
}
