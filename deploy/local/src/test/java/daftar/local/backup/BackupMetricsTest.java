package daftar.local.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import daftar.local.Installation;
import daftar.local.process.Loopback;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BackupMetricsTest {
    @Test
    void allAreServedFromTheStartWithZero() throws Exception {
        int port = Loopback.freePorts(1).get(0);
        HttpServer server = new BackupMetrics().serve(port);
        try {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode());
            BackupMetrics.names()
                    .forEach(name -> assertTrue(answer.body().contains("\n" + name + " 0.000\n"), answer.body()));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void theTableInOperationsListsThemAll() throws IOException {
        String operations = Files.readString(Installation.find().root().resolve("deploy/docs/OPERATIONS.md"));
        List<String> listed = Pattern.compile("(?m)^\\| `(daftar_[a-z_]+)` \\| launcher \\|")
                .matcher(operations)
                .results()
                .map(row -> row.group(1))
                .toList();
        assertEquals(new TreeSet<>(BackupMetrics.names()), new TreeSet<>(listed));
    }
}
