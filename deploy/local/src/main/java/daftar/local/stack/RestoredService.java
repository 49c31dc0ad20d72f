package daftar.local.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import daftar.local.Installation;
import daftar.local.StartFailure;
import daftar.local.backup.SmokeTest;
import daftar.local.process.LocalProcess;
import daftar.local.process.Loopback;
import daftar.local.process.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * identity-service on a restored database, on ports of its own and without a broker: it must neither publish the restored
 * outbox a second time nor take events from its living twin. Identity is the one to start because a login needs most of what a
 * restore can lose: the user, the password's hash, and a signing key that opens with the system's key.
 */
public final class RestoredService implements SmokeTest {
    private static final String NAME = "identity";
    /** Nothing listens on port 1. */
    private static final String NO_BROKER = Loopback.ADDRESS + ":1";

    private static final Duration READY_LIMIT = Duration.ofMinutes(2);

    private final Installation installation;
    private final DataFolder folder;
    private final Secrets secrets;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private RestoredService(Installation installation, DataFolder folder, Secrets secrets) {
        this.installation = installation;
        this.folder = folder;
        this.secrets = secrets;
    }

    /** Empty where the service is not built. */
    public static Optional<SmokeTest> of(Installation installation, DataFolder folder, Secrets secrets) {
        return Files.exists(ServiceBuild.artifact(installation, NAME))
                ? Optional.of(new RestoredService(installation, folder, secrets))
                : Optional.empty();
    }

    @Override
    public String run(int port) {
        List<Integer> ports = Loopback.freePorts(2);
        LocalProcess service = start(port, ports.get(0), ports.get(1));
        try {
            String ready = "http://" + Loopback.ADDRESS + ":" + ports.get(1) + "/q/health/ready";
            boolean isReady = Waiting.until(READY_LIMIT, () -> !service.isAlive() || answers(ready));
            if (!isReady || !service.isAlive()) {
                throw new StartFailure(
                        "identity does not become ready on the restored database; see " + service.logFile() + ".");
            }
            return logIn("http://" + Loopback.ADDRESS + ":" + ports.get(0));
        } finally {
            service.stop("TERM", Duration.ofSeconds(30));
        }
    }

    private LocalProcess start(int port, int api, int management) {
        Path jar = ServiceBuild.artifact(installation, NAME);
        DatabaseAddresses database = new DatabaseAddresses(port, port, false);
        Map<String, String> environment = new ServiceEnvironment(new Ports(), database, secrets, NO_BROKER).of(NAME);
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(api));
        environment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(management));
        environment.put("DAFTAR_ISSUER", "http://" + Loopback.ADDRESS + ":" + api);
        List<String> command = new ArrayList<>(List.of(installation.java().toString(), "-Xmx256m", "-XX:+UseSerialGC"));
        if (ClassArchive.isCurrent(installation.java(), folder.cache(), NAME, jar)) {
            command.addAll(ClassArchive.options(installation.java(), folder.cache(), NAME, jar));
        }
        command.addAll(List.of("-Duser.timezone=UTC", "-jar", jar.toString()));
        return LocalProcess.start(new LocalProcess.Plan(
                "drill-identity",
                command,
                environment,
                jar.getParent(),
                folder.run().resolve("drill-identity.pid"),
                folder.logs().resolve("drill-identity.log")));
    }

    private String logIn(String address) {
        String body = "{\"email\":\"%s\",\"password\":\"%s\"}"
                .formatted(ServiceEnvironment.ADMINISTRATOR_EMAIL, secrets.get("administrator_password"));
        JsonNode session = ask(HttpRequest.newBuilder(URI.create(address + "/v1/sessions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
        JsonNode user = ask(HttpRequest.newBuilder(URI.create(
                        address + "/v1/users/" + session.path("user_id").asText()))
                .header(
                        "Authorization",
                        "Bearer " + session.path("access_token").asText())
                .GET()
                .build());
        if (!user.path("email").asText().equals(ServiceEnvironment.ADMINISTRATOR_EMAIL)) {
            throw new StartFailure("identity on the restored database does not know its administrator.");
        }
        return "identity was ready, let the administrator log in and read their account";
    }

    private JsonNode ask(HttpRequest request) {
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() >= 300) {
                throw new StartFailure("identity on the restored database answers " + answer.statusCode() + " to "
                        + request.method() + " " + request.uri().getPath() + ".");
            }
            return JsonMapper.builder().build().readTree(answer.body());
        } catch (IOException e) {
            throw new StartFailure("identity on the restored database does not answer.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted during the smoke test.", e);
        }
    }

    private boolean answers(String address) {
        try {
            return http.send(
                                    HttpRequest.newBuilder(URI.create(address))
                                            .timeout(Duration.ofSeconds(2))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
