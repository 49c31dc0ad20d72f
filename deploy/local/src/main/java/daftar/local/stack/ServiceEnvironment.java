package daftar.local.stack;

import daftar.local.postgres.Database;
import daftar.local.process.Loopback;
import daftar.local.s3.S3Store;
import java.util.Map;
import java.util.TreeMap;

/** What each service learns from its environment, and nothing more: no service gets another's secret. */
final class ServiceEnvironment {
    static final String ADMINISTRATOR_EMAIL = Secrets.ADMINISTRATOR_EMAIL;

    private final Ports ports;
    private final DatabaseAddresses databases;
    private final Secrets secrets;
    private final String bootstrapServers;

    ServiceEnvironment(Ports ports, DatabaseAddresses databases, Secrets secrets, String bootstrapServers) {
        this.ports = ports;
        this.databases = databases;
        this.secrets = secrets;
        this.bootstrapServers = bootstrapServers;
    }

    Map<String, String> of(String service) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("QUARKUS_HTTP_HOST", Loopback.ADDRESS);
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(ports.service(service)));
        environment.put("QUARKUS_MANAGEMENT_HOST", Loopback.ADDRESS);
        environment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(ports.management(service)));
        environment.put("DAFTAR_PRIMARY_URL", databases.writing());
        environment.put("DAFTAR_REPLICA_URL", databases.reading());
        environment.put("DAFTAR_DATABASE_PASSWORD", secrets.password(Database.application(service)));
        environment.put("KAFKA_BOOTSTRAP_SERVERS", bootstrapServers);
        environment.put("DAFTAR_ISSUER", "http://" + Loopback.ADDRESS + ":" + ports.service("identity"));
        if (service.equals("identity")) {
            environment.put("DAFTAR_KEY_ENCRYPTION_KEY", secrets.get("key_encryption_key"));
            environment.put("DAFTAR_REFRESH_TOKEN_KEY", secrets.get("refresh_token_key"));
            environment.put("DAFTAR_ADMINISTRATOR_EMAIL", ADMINISTRATOR_EMAIL);
            environment.put("DAFTAR_ADMINISTRATOR_PASSWORD", secrets.get("administrator_password"));
            environment.put("DAFTAR_CLIENTS_TUTOR_SECRET", secrets.get("client_secret.tutor"));
            environment.put("DAFTAR_CLIENTS_TUTOR_SCOPES", "interactions:write usage:read usage:write profiles:read");
            environment.put("DAFTAR_CLIENTS_OPERATOR_SECRET", secrets.get("client_secret.operator"));
            environment.put(
                    "DAFTAR_CLIENTS_OPERATOR_SCOPES",
                    "consents:write consents:read usage:read usage:write profiles:read subscriptions:read "
                            + "subscriptions:write users:read interactions:write");
        }
        if (service.equals("usage")) {
            environment.put("DAFTAR_OWNER_PASSWORD", secrets.password(Database.owner(service)));
            environment.put("DAFTAR_ARCHIVE_KEY_ENCRYPTION_KEY", secrets.get("archive_key_encryption_key"));
            environment.put("DAFTAR_S3_BUCKET", S3Store.BUCKET);
            environment.put("QUARKUS_S3_ENDPOINT_OVERRIDE", "http://" + Loopback.ADDRESS + ":" + ports.s3());
            environment.put("QUARKUS_S3_AWS_CREDENTIALS_TYPE", "static");
            environment.put("QUARKUS_S3_AWS_CREDENTIALS_STATIC_PROVIDER_ACCESS_KEY_ID", secrets.get("s3_access_key"));
            environment.put(
                    "QUARKUS_S3_AWS_CREDENTIALS_STATIC_PROVIDER_SECRET_ACCESS_KEY", secrets.get("s3_secret_key"));
        }
        return environment;
    }
}
