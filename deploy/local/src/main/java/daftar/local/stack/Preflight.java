package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.backup.BackupSchedule;
import daftar.local.postgres.Database;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What can be known to fail before anything starts. */
final class Preflight {
    private static final long LEAST_SPACE = 1L << 30;
    private static final int LEAST_JAVA = 17;

    private Preflight() {}

    /** Options and the machine. */
    static void check(Installation installation, StackOptions options) {
        if (!System.getProperty("os.name").equals("Linux")) {
            throw new StartFailure("The local system runs on Linux only: use a Linux machine.");
        }
        for (String service : options.services()) {
            if (!Database.SLICES.contains(service)) {
                throw new StartFailure(
                        "There is no service " + service + ": choose of " + String.join(", ", Database.SLICES) + ".");
            }
        }
        if (!options.memory().matches("[1-9][0-9]*[mMgG]")) {
            throw new StartFailure("Memory of " + options.memory() + " makes no sense: write for example 256m.");
        }
        if (options.backups()) {
            BackupSchedule.requireTool();
        }
        Path java = installation.java();
        if (!Files.isExecutable(java)) {
            throw new StartFailure(java + " is not a Java program: name one of JDK 17 or newer with --java.");
        }
        if (ClassArchive.javaVersion(java) < LEAST_JAVA) {
            throw new StartFailure(java + " is too old: name one of JDK 17 or newer with --java.");
        }
    }

    /** Room for the data; called once the folder exists. */
    static void checkSpace(DataFolder folder) {
        try {
            requireSpace(folder.root(), Files.getFileStore(folder.root()).getUsableSpace());
        } catch (IOException e) {
            throw new StartFailure("Cannot see the free space of " + folder.root() + ": name another folder.", e);
        }
    }

    static void requireSpace(Path folder, long usableBytes) {
        if (usableBytes < LEAST_SPACE) {
            throw new StartFailure("Only " + (usableBytes >> 20) + " MB are free below " + folder
                    + " and 1024 are needed: make room or name another folder with --data.");
        }
    }

    /** Every port that will be listened on; called once nothing of an earlier run is left. */
    static void checkPorts(StackOptions options) {
        Ports ports = options.ports();
        Map<String, Integer> needed = new LinkedHashMap<>();
        needed.put("PostgreSQL (--postgres-port)", ports.postgres());
        needed.put("the replica (--replica-port)", ports.replica());
        needed.put("Kafka (--kafka-port)", ports.kafka());
        needed.put("Kafka's controller (--kafka-controller-port)", ports.kafkaController());
        needed.put("S3 (--s3-port)", ports.s3());
        if (options.backups()) {
            needed.put("the backups' metrics (--backup-metrics-port)", ports.backupMetrics());
        }
        for (String service : options.services()) {
            needed.put(service + " (--service-port " + service + "=PORT)", ports.service(service));
            needed.put(service + "'s management (--management-port " + service + "=PORT)", ports.management(service));
        }
        for (Map.Entry<String, Integer> entry : needed.entrySet()) {
            if (entry.getValue() < 1 || entry.getValue() > 65535) {
                throw new StartFailure("Port " + entry.getValue() + " of " + entry.getKey()
                        + " is none: choose one between 1 and 65535.");
            }
            List<String> same = needed.entrySet().stream()
                    .filter(other -> other.getValue().equals(entry.getValue()))
                    .map(Map.Entry::getKey)
                    .toList();
            if (same.size() > 1) {
                throw new StartFailure("Port " + entry.getValue() + " is given to " + String.join(" and ", same)
                        + ": choose different ones.");
            }
        }
        List<String> taken = needed.entrySet().stream()
                .filter(entry -> !Loopback.isFree(entry.getValue()))
                .map(entry -> entry.getValue() + " of " + entry.getKey())
                .collect(Collectors.toList());
        if (!taken.isEmpty()) {
            throw new StartFailure((taken.size() == 1 ? "Port " : "Ports ") + String.join(", ", taken)
                    + " in use: stop what listens there (ss -ltnp shows it) or choose others, for example with"
                    + " --port-offset 100.");
        }
    }
}
