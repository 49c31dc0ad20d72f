package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.backup.BackupSchedule;
import daftar.local.kafka.KafkaBroker;
import daftar.local.postgres.Database;
import daftar.local.postgres.Failover;
import daftar.local.postgres.Migrations;
import daftar.local.postgres.PostgresCluster;
import daftar.local.process.LocalProcess;
import daftar.local.process.Waiting;
import daftar.local.s3.S3Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The parts and the services of one system, started and stopped in the right order. */
final class Stack {
    private static final int SHARED_BUFFERS_MEGABYTES = 128;
    private static final int KAFKA_HEAP_MEGABYTES = 256;
    private static final Duration READY_LIMIT = Duration.ofMinutes(3);
    /** Long enough for five services to write their class archives at the same time on a small machine. */
    private static final Duration SERVICE_GRACE = Duration.ofSeconds(90);

    private static final Duration REMIND = Duration.ofSeconds(5);

    private final Installation installation;
    private final StackOptions options;
    private final DataFolder folder;
    private final Secrets secrets;
    private final Progress progress;
    private final PostgresCluster cluster;
    private final KafkaBroker broker;
    private final S3Store store;
    private final List<ServiceProcess> services;
    private final Optional<BackupSchedule> backups;
    private final Optional<Failover> failover;
    private final ExecutorService starters = Executors.newFixedThreadPool(3);

    Stack(Installation installation, StackOptions options, DataFolder folder, Secrets secrets, Progress progress) {
        this.installation = installation;
        this.options = options;
        this.folder = folder;
        this.secrets = secrets;
        this.progress = progress;
        Ports ports = options.ports();
        this.cluster = new PostgresCluster(
                installation,
                new PostgresCluster.Options(
                        folder.postgres(),
                        folder.logs(),
                        ports.postgres(),
                        ports.replica(),
                        secrets.password(PostgresCluster.SUPERUSER),
                        secrets.password("replicator"),
                        SHARED_BUFFERS_MEGABYTES));
        this.broker = new KafkaBroker(
                installation,
                new KafkaBroker.Options(
                        folder.kafka(), folder.logs(), ports.kafka(), ports.kafkaController(), KAFKA_HEAP_MEGABYTES));
        this.store = new S3Store(
                installation,
                new S3Store.Options(
                        folder.s3(),
                        folder.logs(),
                        ports.s3(),
                        secrets.get("s3_access_key"),
                        secrets.get("s3_secret_key")),
                options.backups() ? Optional.of(BackupParts.vault(secrets)) : Optional.empty());
        this.backups = options.backups()
                ? Optional.of(
                        new BackupParts(installation, folder, secrets).schedule(cluster, store.endpoint(), progress))
                : Optional.empty();
        // the next look of the schedule then makes a backup
        Runnable gap = () -> BackupSchedule.interrupted(folder.backup());
        this.failover = options.failover() ? Optional.of(new Failover(cluster, gap, progress::say)) : Optional.empty();
        this.services = options.services().stream()
                .map(name -> new ServiceProcess(installation, folder, name, ports))
                .toList();
    }

    /** Starts everything and returns when every service is ready. */
    void start() {
        progress.say("starting PostgreSQL (primary and replica), Kafka and S3");
        Future<?> kafka = starters.submit(this::startKafka);
        Future<?> s3 = starters.submit(this::startS3);
        Future<?> postgres = starters.submit(this::startPostgres);
        finish(postgres);
        finish(kafka);
        finish(s3);
        backups.ifPresent(schedule -> schedule.start(options.ports().backupMetrics()));
        progress.say("starting " + names(services));
        services.forEach(this::start);
        awaitServices();
    }

    private void start(ServiceProcess service) {
        ServiceEnvironment environment =
                new ServiceEnvironment(options.ports(), databases(), secrets, broker.bootstrapServers());
        service.start(environment.of(service.name()), options.memory());
    }

    /** Stops the services, then Kafka, the replica and the primary, and S3 last; says what it does. */
    void stop() {
        backups.ifPresent(BackupSchedule::stop);
        // a start that is under way must not add processes behind our back
        starters.shutdownNow();
        try {
            if (!starters.awaitTermination(30, TimeUnit.SECONDS)) {
                progress.say("a part is still starting; stopping the rest");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        progress.say("stopping"
                + (services.stream().anyMatch(ServiceProcess::writesArchive)
                        ? "; the first time the services write class archives, which takes a while"
                        : ""));
        stopLeftOvers(installation, folder);
        progress.say("stopped");
    }

    /**
     * Stops whatever runs on the folder by the pid files, in the right order; works for the processes of another, dead
     * launcher too.
     *
     * @return names of the processes that ran
     */
    static List<String> stopLeftOvers(Installation installation, DataFolder folder) {
        List<LocalProcess> applications = Database.SLICES.stream()
                .flatMap(
                        name -> LocalProcess.running(
                                name,
                                folder.run().resolve(name + ".pid"),
                                folder.logs().resolve(name + ".log"))
                                .stream())
                .toList();
        applications.parallelStream().forEach(process -> process.stop("TERM", SERVICE_GRACE));
        List<LocalProcess> kafka =
                LocalProcess.running(
                                "kafka",
                                folder.kafka().resolve("kafka.pid"),
                                folder.logs().resolve("kafka.log"))
                        .stream()
                        .toList();
        kafka.forEach(process -> process.stop("TERM", Duration.ofSeconds(30)));
        List<LocalProcess> restored = BackupParts.stopRestored(folder);
        List<LocalProcess> servers = new ArrayList<>();
        for (String name : List.of("replica", "primary")) {
            LocalProcess.running(
                            "postgres-" + name,
                            folder.postgres().resolve(name + ".pid"),
                            folder.logs().resolve("postgres-" + name + ".log"))
                    .ifPresent(servers::add);
        }
        // for PostgreSQL SIGINT is the fast shutdown: SIGTERM would wait for every client
        servers.forEach(process -> process.stop("INT", Duration.ofSeconds(30)));
        // last: the primary hands the end of its log to the archive while it stops
        List<LocalProcess> s3 =
                LocalProcess.running(
                                "s3",
                                folder.s3().resolve("s3.pid"),
                                folder.logs().resolve("s3.log"))
                        .stream()
                        .toList();
        s3.forEach(process -> process.stop("TERM", Duration.ofSeconds(30)));
        return Stream.of(applications, kafka, s3, restored, servers)
                .flatMap(List::stream)
                .map(LocalProcess::name)
                .toList();
    }

    /** Everything that should be running, for whoever watches. */
    List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        // which server has which part changes with a promotion
        parts.add(new Part(
                "PostgreSQL primary",
                () -> cluster.primary().process(),
                () -> cluster.primary().logFile(),
                failover.<Runnable>map(keeper -> keeper::replacePrimary)
                        .orElse(() -> cluster.primary().start())));
        parts.add(new Part(
                "PostgreSQL replica",
                () -> cluster.replica().process(),
                () -> cluster.replica().logFile(),
                failover.<Runnable>map(keeper -> keeper::replaceReplica)
                        .orElse(() -> cluster.replica().start())));
        parts.add(new Part("Kafka", broker::process, broker::logFile, broker::start));
        parts.add(new Part("S3", store::process, store::logFile, store::start));
        services.forEach(service ->
                parts.add(new Part(service.name(), service::process, service::logFile, () -> start(service))));
        return parts;
    }

    /** What is looked after besides processes that die. */
    void look() {
        failover.ifPresent(Failover::look);
    }

    /** Where the database answers. */
    DatabaseAddresses databases() {
        return new DatabaseAddresses(cluster.primary().port(), cluster.replica().port(), options.failover());
    }

    List<ServiceProcess> services() {
        return services;
    }

    private void startPostgres() {
        backups.ifPresentOrElse(BackupSchedule::archive, () -> BackupSchedule.interrupted(folder.backup()));
        cluster.start();
        new Database(installation, cluster).create(secrets::password);
        progress.say("PostgreSQL answers on " + cluster.primary().port() + ", its replica on "
                + cluster.replica().port());
        Migrations migrations =
                new Migrations(installation, cluster.primary().jdbcUrl(Database.NAME), secrets::password);
        int applied = Database.SLICES.stream()
                .filter(slice -> options.services().contains(slice) || migrations.has(slice))
                .mapToInt(migrations::migrate)
                .sum();
        progress.say("database migrated, " + applied + (applied == 1 ? " step" : " steps") + " applied");
    }

    private void startKafka() {
        broker.start();
        broker.createTopics();
        BackupParts.rewindAfterRestore(folder, broker.bootstrapServers(), progress);
        progress.say("Kafka answers on " + broker.bootstrapServers());
    }

    private void startS3() {
        store.start();
        progress.say("S3 answers on " + store.endpoint());
    }

    private void awaitServices() {
        List<ServiceProcess> waiting = new ArrayList<>(services);
        long end = System.nanoTime() + READY_LIMIT.toNanos();
        while (!waiting.isEmpty()) {
            long nextReminder = System.nanoTime() + REMIND.toNanos();
            Waiting.until(REMIND, () -> {
                waiting.removeIf(this::becameReady);
                waiting.stream().filter(service -> service.process().isEmpty()).forEach(Stack::died);
                return waiting.isEmpty();
            });
            if (Thread.currentThread().isInterrupted()) {
                throw new StartFailure("Interrupted while starting.");
            }
            if (System.nanoTime() > end) {
                throw new StartFailure(names(waiting) + " did not become ready in " + READY_LIMIT.toMinutes()
                        + " minutes: read " + folder.logs() + "/"
                        + waiting.get(0).name() + ".log; readiness says "
                        + waiting.get(0).readiness());
            }
            if (!waiting.isEmpty() && System.nanoTime() >= nextReminder) {
                progress.say("waiting for " + names(waiting) + "; "
                        + waiting.get(0).name() + " says: " + waiting.get(0).readiness());
            }
        }
    }

    private boolean becameReady(ServiceProcess service) {
        boolean ready = service.isReady();
        if (ready) {
            progress.say(service.name() + " is ready on " + service.address());
        }
        return ready;
    }

    private static void died(ServiceProcess service) {
        throw new StartFailure(service.name() + " died while starting; the end of " + service.logFile() + " says:\n"
                + Part.lastLogLines(service.logFile()));
    }

    private static void finish(Future<?> part) {
        try {
            part.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StartFailure failure) {
                throw failure;
            }
            throw new StartFailure("A part failed unexpectedly: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while starting.", e);
        }
    }

    private static String names(List<ServiceProcess> services) {
        return services.isEmpty()
                ? "no service"
                : String.join(", ", services.stream().map(ServiceProcess::name).toList());
    }
}
