package daftar.local.stack;

import daftar.local.Installation;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One of the five services, in a JVM of its own. */
final class ServiceProcess {
    private static final int PROBE_MILLIS = 2000;

    private final Installation installation;
    private final DataFolder folder;
    private final String name;
    private final int port;
    private final int managementPort;

    ServiceProcess(Installation installation, DataFolder folder, String name, Ports ports) {
        this.installation = installation;
        this.folder = folder;
        this.name = name;
        this.port = ports.service(name);
        this.managementPort = ports.management(name);
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    int managementPort() {
        return managementPort;
    }

    String address() {
        return "http://" + Loopback.ADDRESS + ":" + port;
    }

    String managementAddress() {
        return "http://" + Loopback.ADDRESS + ":" + managementPort;
    }

    Optional<LocalProcess> process() {
        return LocalProcess.running(name, pidFile(), logFile());
    }

    Path logFile() {
        return folder.logs().resolve(name + ".log");
    }

    void start(Map<String, String> environment, String heap) {
        Path jar = ServiceBuild.artifact(installation, name);
        // on one machine the services give way to the database, which they wait for
        List<String> command =
                new ArrayList<>(List.of("nice", "-n", "5", installation.java().toString(), "-Xmx" + heap));
        // all of the heap from the beginning: left to itself it stays at what is alive between two batches, and each
        // batch is then copied several times
        command.add("-Xms" + heap);
        // a batch of events outlives several young collections: room for it there spares most of the full ones
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:NewRatio=1", "-XX:SurvivorRatio=4", "-Duser.timezone=UTC"));
        command.addAll(ClassArchive.options(installation.java(), folder.cache(), name, jar));
        command.addAll(List.of("-jar", jar.toString()));
        LocalProcess.start(new LocalProcess.Plan(name, command, environment, jar.getParent(), pidFile(), logFile()));
    }

    /** Whether it will write its class archive when it ends. */
    boolean writesArchive() {
        return process().isPresent()
                && !ClassArchive.isCurrent(
                        installation.java(), folder.cache(), name, ServiceBuild.artifact(installation, name));
    }

    /** Whether the service says that it can serve. */
    boolean isReady() {
        return readiness().startsWith("200");
    }

    /** The status and body of the readiness probe, or why there is none. */
    String readiness() {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create(managementAddress() + "/q/health/ready").toURL().openConnection();
            connection.setConnectTimeout(PROBE_MILLIS);
            connection.setReadTimeout(PROBE_MILLIS);
            int status = connection.getResponseCode();
            try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                String text = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
                return status + " " + text.replaceAll("\\s+", " ");
            }
        } catch (IOException e) {
            return "no answer yet";
        }
    }

    private Path pidFile() {
        return folder.run().resolve(name + ".pid");
    }
}
