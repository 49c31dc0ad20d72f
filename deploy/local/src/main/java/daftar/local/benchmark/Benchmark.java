package daftar.local.benchmark;

import daftar.local.benchmark.BareInsert.Kind;
import daftar.local.benchmark.Workload.Event;
import daftar.local.postgres.PostgresCluster;
import daftar.local.stack.Addresses;
import daftar.local.stack.DataFolder;
import daftar.local.stack.Secrets;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** Measures in turn what PostgreSQL can take and what the service counts, on the same system, and prints a table. */
public final class Benchmark {
    private static final int BATCH = 1_000;
    private static final int LARGE_BATCH = 5_000;
    private static final int WARM_UP_SECONDS = 120;
    private static final int STEADY_RATE = 2_000;
    private static final int STEADY_SECONDS = 15;
    private static final int ONE_IN_DUPLICATES = 100;
    private static final Instant START = Instant.parse("2026-01-05T08:00:00Z");

    private final Addresses addresses;
    private final Secrets secrets;
    private final DataFolder folder;
    private final PrintStream out;

    /** Of a running system that nothing else uses. */
    public Benchmark(Addresses addresses, Secrets secrets, DataFolder folder, PrintStream out) {
        this.addresses = addresses;
        this.secrets = secrets;
        this.folder = folder;
        this.out = out;
    }

    /**
     * How much is measured.
     *
     * @param events in each round
     * @param rounds whose median counts
     * @param users whose events they are
     * @param connections that write at the same time, which must be what the service was given
     */
    public record Size(int events, int rounds, int users, int connections) {}

    /** Prints the table; its last line is {@code ratio N}. */
    public void run(Size size) throws Exception {
        try (Connection database = connect()) {
            machine(database, size);
            List<UUID> users = newUsers(database, size.users());
            BareInsert bare = new BareInsert(folder, this::connect);
            bare.prepare();
            ServiceRun service = new ServiceRun(folder, database, addresses.get("kafka"));
            try {
                Map<String, List<Measure>> measures = new LinkedHashMap<>();
                warmUp(bare, service, users, size);
                for (int round = 0; round < size.rounds(); round++) {
                    round(bare, service, users, size)
                            .forEach((what, measure) -> measures.computeIfAbsent(what, first -> new ArrayList<>())
                                    .add(measure));
                }
                Measure scattered = drain(service, Workload.scattered(users, size.events() / 2, START));
                double[] latencies =
                        service.latencies(Workload.lessons(users, STEADY_RATE * STEADY_SECONDS, START), STEADY_RATE);
                check(database, users);
                print(measures, scattered, latencies);
            } finally {
                service.close();
                try (Statement statement = database.createStatement()) {
                    statement.execute("DROP SCHEMA benchmark CASCADE");
                }
            }
        }
    }

    /**
     * Lets the service's compiler finish, which takes as much of the processors as the counting does until then, and empties
     * the tables again: those of the bare insert and those of the service begin alike.
     */
    private void warmUp(BareInsert bare, ServiceRun service, List<UUID> users, Size size) throws Exception {
        double seconds = 0;
        while (seconds < WARM_UP_SECONDS) {
            seconds += drain(service, Workload.lessons(users, size.events(), START))
                    .seconds();
        }
        round(bare, service, users, size);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("TRUNCATE usage.usage_logs, usage.usage_event_keys, usage.usage_rollups");
        }
        bare.prepare();
        line("warmed up for %.0f s", seconds);
    }

    private Map<String, Measure> round(BareInsert bare, ServiceRun service, List<UUID> users, Size size)
            throws Exception {
        Map<String, Measure> measured = new LinkedHashMap<>();
        measured.put("bare, 1,000 a batch", bare(bare, Kind.IDENTICAL, users, size, BATCH));
        measured.put("bare, 5,000 a batch", bare(bare, Kind.IDENTICAL, users, size, LARGE_BATCH));
        measured.put(
                "bare, 5,000 a batch, no foreign key", bare(bare, Kind.WITHOUT_FOREIGN_KEY, users, size, LARGE_BATCH));
        measured.put("bare, 5,000 a batch, with key", bare(bare, Kind.WITH_KEY, users, size, LARGE_BATCH));
        measured.put("usage-service", drain(service, Workload.lessons(users, size.events(), START)));
        return measured;
    }

    private Measure bare(BareInsert bare, Kind kind, List<UUID> users, Size size, int batch) throws Exception {
        List<Event> events = Workload.lessons(users, size.events(), START);
        settle();
        return bare.write(kind, events, batch, size.connections());
    }

    private Measure drain(ServiceRun service, List<Event> events) throws Exception {
        List<Event> again = events.subList(0, events.size() / ONE_IN_DUPLICATES);
        return service.drain(events, again, this::settle);
    }

    /** So that each measurement pays for its own writes alone: neither the database nor the broker has any left to do. */
    private void settle() throws SQLException, IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CHECKPOINT");
        }
        try {
            new ProcessBuilder("sync").inheritIO().start().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the disk was written");
        }
    }

    private void print(Map<String, List<Measure>> measures, Measure scattered, double[] latencies) {
        Map<String, Measure> medians = new LinkedHashMap<>();
        measures.forEach((what, all) -> medians.put(what, median(all)));
        medians.put("usage-service, scattered", scattered);
        line("%n%-38s %10s   %s", "", "rows/s", "processor milliseconds per 1,000 rows");
        line("%-38s %10s %10s %10s %10s %10s", "", "", "service", "PostgreSQL", "replica", "Kafka");
        medians.forEach((what, measure) -> line(
                "%-38s %10.0f %10.1f %10.1f %10.1f %10.1f",
                what,
                measure.rate(),
                measure.processorMillis("service"),
                measure.processorMillis("PostgreSQL"),
                measure.processorMillis("replica"),
                measure.processorMillis("Kafka")));
        Measure bare = medians.get("bare, 1,000 a batch");
        Measure large = medians.get("bare, 5,000 a batch");
        Measure keyed = medians.get("bare, 5,000 a batch, with key");
        Measure counted = medians.get("usage-service");
        line(
                "%nPostgreSQL's processor time: foreign key %.1f, key %.1f, roll-ups and the rest %.1f ms per 1,000 rows",
                large.processorMillis("PostgreSQL")
                        - medians.get("bare, 5,000 a batch, no foreign key").processorMillis("PostgreSQL"),
                keyed.processorMillis("PostgreSQL") - large.processorMillis("PostgreSQL"),
                counted.processorMillis("PostgreSQL") - keyed.processorMillis("PostgreSQL"));
        line(
                "duplicates: %.1f %% of what was sent, none counted twice",
                100.0 * (1.0 / ONE_IN_DUPLICATES) / (1 + 1.0 / ONE_IN_DUPLICATES));
        line(
                "sent to visible at %d/s: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, most %.1f ms (%d looked at)",
                STEADY_RATE,
                percentile(latencies, 50),
                percentile(latencies, 95),
                percentile(latencies, 99),
                latencies[latencies.length - 1],
                latencies.length);
        line(
                "of single rounds: bare %s, usage-service %s",
                rates(measures.get("bare, 1,000 a batch")), rates(measures.get("usage-service")));
        line(
                "ratio to bare batches of 5,000: %.2f; scattered, to batches of 1,000: %.2f",
                counted.rate() / large.rate(), scattered.rate() / bare.rate());
        line("ratio %.2f", counted.rate() / bare.rate());
    }

    private static List<Long> rates(List<Measure> measures) {
        return measures.stream().map(Measure::rate).map(Math::round).toList();
    }

    private static Measure median(List<Measure> measures) {
        List<Measure> sorted = measures.stream()
                .sorted(java.util.Comparator.comparingDouble(Measure::rate))
                .toList();
        return sorted.get(sorted.size() / 2);
    }

    private static double percentile(double[] sorted, int percent) {
        return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    private void machine(Connection database, Size size) throws SQLException, IOException {
        String model;
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            model = lines.filter(text -> text.startsWith("model name"))
                    .map(text -> text.substring(text.indexOf(':') + 2))
                    .findFirst()
                    .orElse("unknown");
        }
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT current_setting('server_version'), current_setting('synchronous_commit'),
                               current_setting('fsync'), current_setting('shared_buffers')""")) {
            row.next();
            line(
                    "%d processors (%s), Java %s, PostgreSQL %s with synchronous_commit %s, fsync %s, shared_buffers %s",
                    Runtime.getRuntime().availableProcessors(),
                    model,
                    System.getProperty("java.version"),
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4));
        }
        line(
                "load average at the start %s",
                Files.readString(Path.of("/proc/loadavg")).strip());
        line("usage-service with %s", ServiceRun.heap(folder));
        line(
                "%d events a round, median of %d rounds, %d users, %d writing connections",
                size.events(), size.rounds(), size.users(), size.connections());
    }

    private static List<UUID> newUsers(Connection database, int count) throws SQLException {
        List<UUID> users = Stream.generate(UUID::randomUUID).limit(count).toList();
        try (PreparedStatement statement = database.prepareStatement("""
                INSERT INTO identity.users (id, email)
                SELECT id, id || '@benchmark.invalid' FROM unnest(?) AS u (id)""")) {
            statement.setArray(1, database.createArrayOf("uuid", users.toArray()));
            statement.execute();
        }
        return users;
    }

    /** Every event once, and the roll-ups of each level equal to the rows. */
    private static void check(Connection database, List<UUID> users) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement("""
                SELECT bucket_minutes, sum(events), sum(tokens_used), sum(speech_seconds), sum(cost_usd)
                FROM usage.usage_rollups WHERE user_id = ANY (?) GROUP BY bucket_minutes
                EXCEPT
                SELECT m, count(*), sum(tokens_used), sum(speech_seconds), sum(cost_usd)
                FROM usage.usage_logs, unnest('{1,60,1440}'::smallint[]) AS m WHERE user_id = ANY (?) GROUP BY m""")) {
            statement.setArray(1, database.createArrayOf("uuid", users.toArray()));
            statement.setArray(2, database.createArrayOf("uuid", users.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                if (rows.next()) {
                    throw new IllegalStateException("the roll-ups differ from the rows");
                }
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                addresses.get("primary"), PostgresCluster.SUPERUSER, secrets.password(PostgresCluster.SUPERUSER));
    }

    private void line(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
