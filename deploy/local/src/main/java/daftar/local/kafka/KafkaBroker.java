package daftar.local.kafka;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** One Kafka broker that is its own controller. Its folder is used again by a later start: acknowledged messages survive. */
public final class KafkaBroker {
    /** Any fixed id does: the folder decides which cluster it is. */
    private static final String CLUSTER_ID = "ZGFmdGFyLWxvY2FsLWthZg";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Installation installation;
    private final Options options;
    private final Path pidFile;
    private final Path logFile;

    /**
     * Where and how the broker runs.
     *
     * @param directory keeps its messages, settings and pid file
     * @param logs receives {@code kafka.log}
     * @param port clients' port on 127.0.0.1
     * @param controllerPort controller's port on 127.0.0.1
     * @param heapMegabytes the JVM's largest heap
     */
    public record Options(Path directory, Path logs, int port, int controllerPort, int heapMegabytes) {}

    /** Starts nothing. */
    public KafkaBroker(Installation installation, Options options) {
        this.installation = installation;
        this.options = options;
        this.pidFile = options.directory().resolve("kafka.pid");
        this.logFile = options.logs().resolve("kafka.log");
    }

    public String bootstrapServers() {
        return Loopback.ADDRESS + ":" + options.port();
    }

    /** The broker's process, if it runs. */
    public Optional<LocalProcess> process() {
        return LocalProcess.running("kafka", pidFile, logFile);
    }

    public boolean isRunning() {
        return process().isPresent();
    }

    public Path logFile() {
        return logFile;
    }

    /** Starts the broker unless it runs and waits until it answers and has registered itself. */
    public void start() {
        LocalProcess process = process().orElseGet(this::launch);
        // its own controller first refuses, then answers without brokers, then lists itself
        boolean answered = Waiting.until(START_LIMIT, () -> !process.isAlive() || !Loopback.isFree(options.port()));
        if (!answered || !process.isAlive() || !registered(process)) {
            String end = process.lastLogLines(10);
            process.kill();
            throw new StartFailure("Kafka did not start; the end of " + logFile + " says:\n" + end);
        }
    }

    /** Orderly stop; harmless when stopped. */
    public void stop() {
        process().ifPresent(process -> process.stop("TERM", Duration.ofSeconds(30)));
    }

    /** The crash: SIGKILL. */
    public void kill() {
        process().ifPresent(LocalProcess::kill);
    }

    /** Freezes the broker: connections stay open and nothing answers. */
    public void pause() {
        process().ifPresent(LocalProcess::pause);
    }

    /** Thaws a frozen broker. */
    public void resume() {
        process().ifPresent(LocalProcess::resume);
    }

    /** Creates those of the platform's topics that are missing. Idempotent. */
    public void createTopics() {
        try (Admin admin = admin()) {
            Topics.read().createMissing(admin);
        }
    }

    /** A client for administration; the caller closes it. */
    public Admin admin() {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers(),
                AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
                "200"));
    }

    private boolean registered(LocalProcess process) {
        try (Admin admin = admin()) {
            return Waiting.until(START_LIMIT, () -> !process.isAlive() || hasNode(admin)) && process.isAlive();
        }
    }

    private static boolean hasNode(Admin admin) {
        try {
            return !admin.describeCluster().nodes().get(5, TimeUnit.SECONDS).isEmpty();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private LocalProcess launch() {
        Path settings = options.directory().resolve("server.properties").toAbsolutePath();
        Path messages = options.directory().resolve("messages").toAbsolutePath();
        try {
            Files.createDirectories(messages);
            Files.writeString(settings, settings(messages));
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + settings + ": name a data folder that you may write.", e);
        }
        return LocalProcess.start(new LocalProcess.Plan(
                "kafka",
                List.of(
                        installation.java().toString(),
                        "-Xms64m",
                        "-Xmx" + options.heapMegabytes() + "m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.util.logging.SimpleFormatter.format=%1$tFT%1$tT.%1$tL %4$s %3$s %5$s%6$s%n",
                        "-Duser.timezone=UTC",
                        "-cp",
                        installation.launcherClassPath(),
                        BrokerMain.class.getName(),
                        settings.toString(),
                        messages.toString(),
                        CLUSTER_ID),
                Map.of(),
                options.directory().toAbsolutePath(),
                pidFile,
                logFile));
    }

    private String settings(Path messages) {
        String controller = Loopback.ADDRESS + ":" + options.controllerPort();
        return """
                # written at every start
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@%s
                listeners=CLIENT://%s,CONTROLLER://%s
                advertised.listeners=CLIENT://%s
                listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
                inter.broker.listener.name=CLIENT
                controller.listener.names=CONTROLLER
                log.dirs=%s
                auto.create.topics.enable=false
                group.initial.rebalance.delay.ms=0
                default.replication.factor=1
                min.insync.replicas=1
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=4
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=4
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                share.coordinator.state.topic.num.partitions=4
                log.cleaner.dedupe.buffer.size=2097152
                # a restart after a crash waits until the controller has forgotten the old session
                broker.session.timeout.ms=3000
                broker.heartbeat.interval.ms=500
                """.formatted(controller, bootstrapServers(), controller, bootstrapServers(), messages);
    }
}
