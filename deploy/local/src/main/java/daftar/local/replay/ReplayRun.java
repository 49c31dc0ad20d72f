package daftar.local.replay;

import daftar.local.StartFailure;
import daftar.local.stack.Addresses;
import daftar.local.stack.Progress;
import daftar.local.stack.Secrets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** One replay from the file to the comparison. */
public final class ReplayRun {
    /** As many requests to the services at a time; each password costs a core its time. */
    private static final int REQUESTS_AT_A_TIME = 4;

    private final Addresses addresses;
    private final Secrets secrets;
    private final Progress progress;

    /** A replay through the system with these addresses. */
    public ReplayRun(Addresses addresses, Secrets secrets, Progress progress) {
        this.addresses = addresses;
        this.secrets = secrets;
        this.progress = progress;
    }

    /**
     * Publishes the file's rows, waits for the consumers and compares.
     *
     * @return whether everything that came out equals the file
     * @throws StartFailure when it cannot be completed
     */
    public boolean run(Path path, int users) {
        TrafficFile file = TrafficFile.read(path);
        ReplayPlan plan = ReplayPlan.of(file, users);
        progress.say(file.rows().size() + " requests with " + file.tokensUsed() + " tokens in " + path.getFileName());
        Api api = new Api(addresses.get("identity"), addresses.get("usage"), secrets.get("replay_secret"));
        List<UUID> ids = eachUser(users, user -> api.register(plan.email(user)));
        progress.say(users + " users registered");
        publish(plan, ids);
        Comparison comparison = compare(file, plan, ids, api);
        progress.print(comparison.text());
        return comparison.agrees();
    }

    private void publish(ReplayPlan plan, List<UUID> ids) {
        String kafka = addresses.get("kafka");
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka))) {
            double start = progress.seconds();
            new Publication(plan, ids).send(kafka, progress);
            double published = progress.seconds() - start;
            progress.say(String.format(
                    Locale.ROOT,
                    "%d events published in %.1f s, %.0f/s",
                    plan.events().size(),
                    published,
                    plan.events().size() / published));
            new ConsumerGroups(admin).awaitCaughtUp(progress);
            double caughtUp = progress.seconds() - start;
            progress.say(String.format(
                    Locale.ROOT,
                    "usage and billing have caught up %.1f s after the first event, %.0f events/s",
                    caughtUp,
                    plan.events().size() / caughtUp));
        }
    }

    private Comparison compare(TrafficFile file, ReplayPlan plan, List<UUID> ids, Api api) {
        Books books = new Books(addresses.get("primary"), secrets);
        Map<UUID, Tally> logs = books.usageLogs(ids);
        Map<UUID, Tally> totals = books.usageTotals(ids);
        long found =
                books.found(plan.events().stream().map(ReplayPlan.Event::id).toList());
        Instant from = file.earliest().truncatedTo(ChronoUnit.DAYS);
        Instant to = file.latest().truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
        List<Tally> told =
                eachUser(ids.size(), user -> api.usage(ids.get(user), api.logIn(plan.email(user)), from, to));
        List<Tally> expected = plan.tallies();
        List<Comparison.Line> lines = new ArrayList<>();
        for (int user = 0; user < ids.size(); user++) {
            UUID id = ids.get(user);
            lines.add(new Comparison.Line(
                    "%03d".formatted(user + 1),
                    expected.get(user),
                    logs.getOrDefault(id, Tally.NONE),
                    totals.getOrDefault(id, Tally.NONE),
                    told.get(user)));
        }
        return new Comparison(lines, plan.events().size(), found);
    }

    private static <T> List<T> eachUser(int users, IntFunction<T> request) {
        ExecutorService requests = Executors.newFixedThreadPool(REQUESTS_AT_A_TIME);
        try {
            List<Future<T>> answers = IntStream.range(0, users)
                    .mapToObj(user -> requests.submit(() -> request.apply(user)))
                    .toList();
            List<T> results = new ArrayList<>(users);
            for (Future<T> answer : answers) {
                results.add(answer.get());
            }
            return results;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StartFailure failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while talking to the services.", e);
        } finally {
            requests.shutdownNow();
        }
    }
}
