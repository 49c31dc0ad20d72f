package daftar.local.stack;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Where everything listens on 127.0.0.1. Every option can also be given by the environment variable that its default names. */
public final class Ports {
    @Option(
            names = "--port-offset",
            paramLabel = "N",
            defaultValue = "${env:DAFTAR_PORT_OFFSET:-0}",
            description = "added to every port; lets a second system run beside the first (default: ${DEFAULT-VALUE})")
    private int offset;

    @Option(
            names = "--postgres-port",
            paramLabel = "PORT",
            defaultValue = "${env:DAFTAR_POSTGRES_PORT:-15432}",
            description = "PostgreSQL primary (default: ${DEFAULT-VALUE})")
    private int postgres;

    @Option(
            names = "--replica-port",
            paramLabel = "PORT",
            defaultValue = "${env:DAFTAR_REPLICA_PORT:-15433}",
            description = "PostgreSQL replica (default: ${DEFAULT-VALUE})")
    private int replica;

    @Option(
            names = "--kafka-port",
            paramLabel = "PORT",
            defaultValue = "${env:DAFTAR_KAFKA_PORT:-19092}",
            description = "Kafka (default: ${DEFAULT-VALUE})")
    private int kafka;

    @Option(
            names = "--kafka-controller-port",
            paramLabel = "PORT",
            defaultValue = "${env:DAFTAR_KAFKA_CONTROLLER_PORT:-19093}",
            description = "Kafka's controller (default: ${DEFAULT-VALUE})")
    private int kafkaController;

    @Option(
            names = "--s3-port",
            paramLabel = "PORT",
            defaultValue = "${env:DAFTAR_S3_PORT:-19000}",
            description = "S3-compatible store (default: ${DEFAULT-VALUE})")
    private int s3;

    @Option(
            names = "--backup-metrics-port",
            paramLabel = "PORT",
            defaultValue = "${env:DAFTAR_BACKUP_METRICS_PORT:-9080}",
            description = "metrics of backups and drills (default: ${DEFAULT-VALUE})")
    private int backupMetrics;

    @Option(
            names = "--service-port",
            paramLabel = "SERVICE=PORT",
            description = "API of one service (defaults: identity=8081, consent=8082, analytics=8083, billing=8084,"
                    + " usage=8085)")
    private Map<String, Integer> service = new LinkedHashMap<>();

    @Option(
            names = "--management-port",
            paramLabel = "SERVICE=PORT",
            description = "health and metrics of one service (defaults: 9081 to 9085, in the same order)")
    private Map<String, Integer> management = new LinkedHashMap<>();

    private static final Map<String, Integer> SERVICE_DEFAULTS =
            Map.of("identity", 8081, "consent", 8082, "analytics", 8083, "billing", 8084, "usage", 8085);
    private static final int MANAGEMENT_DISTANCE = 1000;

    public int postgres() {
        return postgres + offset;
    }

    public int replica() {
        return replica + offset;
    }

    public int kafka() {
        return kafka + offset;
    }

    public int kafkaController() {
        return kafkaController + offset;
    }

    public int s3() {
        return s3 + offset;
    }

    /** Metrics of backups and drills; nothing listens there without backups. */
    public int backupMetrics() {
        return backupMetrics + offset;
    }

    /** A service's API. */
    public int service(String name) {
        return service.getOrDefault(name, SERVICE_DEFAULTS.get(name)) + offset;
    }

    /** A service's health checks and metrics. */
    public int management(String name) {
        return management.getOrDefault(name, SERVICE_DEFAULTS.get(name) + MANAGEMENT_DISTANCE) + offset;
    }
}
