package daftar.local.stack;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a person can choose about a system on one machine. */
public final class StackOptions {
    @Mixin
    private Ports ports = new Ports();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "${env:DAFTAR_DATA}",
            description = "data folder (default: .daftar in the repository; for root, /var/lib/daftar where the"
                    + " repository is closed to others)")
    private Path data;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "${env:DAFTAR_MEMORY:-256m}",
            description = "heap of each service (default: ${DEFAULT-VALUE})")
    private String memory;

    @Option(
            names = "--java",
            paramLabel = "PROGRAM",
            defaultValue = "${env:DAFTAR_JAVA}",
            description = "java program of the services, Kafka and S3 (default: the one that runs this)")
    private Path java;

    @Option(
            names = "--services",
            paramLabel = "NAMES",
            split = ",",
            defaultValue = "identity,consent,analytics,usage,billing",
            description = "services to start; 'none' for the parts alone (default: all five)")
    private List<String> services;

    @Option(
            names = "--backups",
            description =
                    "archive the database's log, make a full backup a day and a restore drill a week (needs Debian's"
                            + " barman-cli-cloud)")
    private boolean backups;

    @Option(
            names = "--failover",
            description =
                    "acknowledge a commit when both servers have it, and promote the replica when the primary dies")
    private boolean failover;

    @Option(names = "--fresh", description = "forget the data of earlier runs")
    private boolean fresh;

    public Ports ports() {
        return ports;
    }

    public Optional<Path> data() {
        return Optional.ofNullable(data);
    }

    public String memory() {
        return memory;
    }

    public Optional<Path> java() {
        return Optional.ofNullable(java);
    }

    /** Names of the services to start, possibly none. */
    public List<String> services() {
        return services.equals(List.of("none")) ? List.of() : services;
    }

    public boolean backups() {
        return backups;
    }

    public boolean failover() {
        return failover;
    }

    public boolean fresh() {
        return fresh;
    }
}
