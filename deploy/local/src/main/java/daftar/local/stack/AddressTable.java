package daftar.local.stack;

import daftar.local.process.Loopback;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The one table that people see when everything is ready. Shows where secrets are, never a secret. */
final class AddressTable {
    private final StackOptions options;
    private final DataFolder folder;
    private final Stack stack;

    AddressTable(StackOptions options, DataFolder folder, Stack stack) {
        this.options = options;
        this.folder = folder;
        this.stack = stack;
    }

    Addresses addresses() {
        Ports ports = options.ports();
        Map<String, String> values = new TreeMap<>();
        values.put("primary", stack.databases().writingJdbc());
        values.put("replica", stack.databases().readingJdbc());
        values.put("kafka", Loopback.ADDRESS + ":" + ports.kafka());
        values.put("s3", "http://" + Loopback.ADDRESS + ":" + ports.s3());
        if (options.backups()) {
            values.put("backup-metrics", backupMetrics());
        }
        stack.services().forEach(service -> {
            values.put(service.name(), service.address());
            values.put(service.name() + "-management", service.managementAddress());
        });
        return new Addresses(values);
    }

    String text() {
        Ports ports = options.ports();
        StringBuilder text = new StringBuilder("\n");
        if (!stack.services().isEmpty()) {
            row(text, "service", "API", "Swagger UI", "health", "metrics");
            for (ServiceProcess service : stack.services()) {
                row(
                        text,
                        service.name(),
                        service.address(),
                        ":" + service.port() + "/q/swagger-ui",
                        ":" + service.managementPort() + "/q/health",
                        ":" + service.managementPort() + "/q/metrics");
            }
            text.append('\n');
        }
        line(text, "PostgreSQL", stack.databases().writing());
        line(text, "replica", stack.databases().reading());
        line(text, "Kafka", Loopback.ADDRESS + ":" + ports.kafka());
        line(text, "S3", "http://" + Loopback.ADDRESS + ":" + ports.s3() + "  bucket daftar");
        if (options.backups()) {
            line(text, "backups", backupMetrics() + "  (metrics; restore and drill are commands beside up)");
        }
        line(text, "logs", folder.logs().toString());
        line(text, "data", folder.root().toString());
        line(text, "secrets", folder.secrets() + "  (passwords and keys of all of the above)");
        if (options.services().contains("identity")) {
            text.append(tokens(
                    "http://" + Loopback.ADDRESS + ":" + ports.service("identity"),
                    folder.secrets().toString()));
        }
        return text.toString();
    }

    private static String tokens(String identity, String secrets) {
        return """

                A token for a service (clients tutor and operator):
                  curl -s -u "operator:$(sed -n 's/^client_secret.operator=//p' %2$s)" \\
                    -d grant_type=client_credentials %1$s/oauth2/token
                A token for the administrator:
                  curl -s -H 'Content-Type: application/json' %1$s/v1/sessions \\
                    -d "{\\"email\\":\\"%3$s\\",\\"password\\":\\"$(sed -n 's/^administrator_password=//p' %2$s)\\"}"
                """.formatted(identity, secrets, ServiceEnvironment.ADMINISTRATOR_EMAIL);
    }

    private static void row(StringBuilder text, String... cells) {
        text.append(String.format(
                Locale.ROOT, "%-11s %-24s %-22s %-18s %s%n", cells[0], cells[1], cells[2], cells[3], cells[4]));
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-11s %s%n", name, value));
    }

    private String backupMetrics() {
        return "http://" + Loopback.ADDRESS + ":" + options.ports().backupMetrics() + "/metrics";
    }
}
