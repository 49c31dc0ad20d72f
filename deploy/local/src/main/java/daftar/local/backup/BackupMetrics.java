package daftar.local.backup;

import com.sun.net.httpserver.HttpServer;
import daftar.local.StartFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What backups and drills measure, as Prometheus text on 127.0.0.1. All names exist from the start, with 0. */
final class BackupMetrics {
    private static final Map<String, String> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("daftar_backup_last_success_timestamp_seconds", "gauge");
        KINDS.put("daftar_backup_size_bytes", "gauge");
        KINDS.put("daftar_backup_duration_seconds", "gauge");
        KINDS.put("daftar_backup_failed_total", "counter");
        KINDS.put("daftar_backup_earliest_moment_timestamp_seconds", "gauge");
        KINDS.put("daftar_wal_archive_last_success_timestamp_seconds", "gauge");
        KINDS.put("daftar_wal_archive_failed_total", "counter");
        KINDS.put("daftar_wal_archive_waiting_segments", "gauge");
        KINDS.put("daftar_restore_drill_last_timestamp_seconds", "gauge");
        KINDS.put("daftar_restore_drill_last_success_timestamp_seconds", "gauge");
        KINDS.put("daftar_restore_drill_last_passed", "gauge");
        KINDS.put("daftar_restore_drill_failed_total", "counter");
        KINDS.put("daftar_restore_drill_rpo_seconds", "gauge");
        KINDS.put("daftar_restore_drill_rto_seconds", "gauge");
    }

    private final Map<String, Double> values = new LinkedHashMap<>();

    BackupMetrics() {
        KINDS.keySet().forEach(name -> values.put(name, 0.0));
    }

    static List<String> names() {
        return List.copyOf(KINDS.keySet());
    }

    synchronized void set(String name, double value) {
        if (values.replace(name, value) == null) {
            throw new IllegalArgumentException("no metric named " + name);
        }
    }

    synchronized void increment(String name) {
        set(name, values.get(name) + 1);
    }

    /** Prometheus' text format 0.0.4. */
    synchronized String text() {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> text.append(
                String.format(Locale.ROOT, "# TYPE %1$s %2$s%n%1$s %3$.3f%n", name, KINDS.get(name), value)));
        return text.toString();
    }

    /** Answers {@code GET /metrics} from now on; the caller stops the server. */
    HttpServer serve(int port) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
            server.createContext("/metrics", exchange -> {
                byte[] body = text().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            return server;
        } catch (IOException e) {
            throw new StartFailure(
                    "Cannot listen on port " + port + " for the metrics of backups: choose another one.", e);
        }
    }
}
