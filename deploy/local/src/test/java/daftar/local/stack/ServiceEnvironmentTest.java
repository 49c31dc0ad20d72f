package daftar.local.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ServiceEnvironmentTest {
    @TempDir
    private Path folder;

    @Test
    void aServiceGetsItsOwnPasswordAndNoOtherSecret() {
        Secrets secrets = Secrets.of(new DataFolder(folder));
        Map<String, String> usage = environment(secrets).of("usage");
        assertEquals(secrets.password("usage_app"), usage.get("DAFTAR_DATABASE_PASSWORD"));
        for (String foreign : List.of(
                secrets.password("billing_app"),
                secrets.password("postgres"),
                secrets.get("key_encryption_key"),
                secrets.get("refresh_token_key"),
                secrets.get("administrator_password"),
                secrets.get("client_secret.operator"))) {
            assertFalse(usage.containsValue(foreign));
        }
    }

    /** It archives, for which it needs the owner of its tables, the store and a key of its own. */
    @Test
    void usageAloneGetsItsOwnersPasswordAndTheStoresKeys() {
        Secrets secrets = Secrets.of(new DataFolder(folder));
        List<String> archives = List.of(
                secrets.password("usage_owner"),
                secrets.get("archive_key_encryption_key"),
                secrets.get("s3_access_key"),
                secrets.get("s3_secret_key"));
        assertTrue(environment(secrets).of("usage").values().containsAll(archives));
        for (String service : List.of("identity", "consent", "analytics", "billing")) {
            Map<String, String> values = environment(secrets).of(service);
            assertTrue(archives.stream().noneMatch(values::containsValue), service);
        }
    }

    @Test
    void identityGetsKeysOfThirtyTwoBytes() {
        Map<String, String> identity =
                environment(Secrets.of(new DataFolder(folder))).of("identity");
        assertEquals(32, Base64.getDecoder().decode(identity.get("DAFTAR_KEY_ENCRYPTION_KEY")).length);
        assertEquals(32, Base64.getDecoder().decode(identity.get("DAFTAR_REFRESH_TOKEN_KEY")).length);
    }

    @Test
    void everyServiceListensOnLoopbackAndTrustsTheSameIssuer() {
        ServiceEnvironment environment = environment(Secrets.of(new DataFolder(folder)));
        for (String service : List.of("identity", "consent", "analytics", "usage", "billing")) {
            Map<String, String> values = environment.of(service);
            assertEquals("127.0.0.1", values.get("QUARKUS_HTTP_HOST"));
            assertEquals("127.0.0.1", values.get("QUARKUS_MANAGEMENT_HOST"));
            assertEquals("http://127.0.0.1:8181", values.get("DAFTAR_ISSUER"));
        }
        assertEquals("8185", environment.of("usage").get("QUARKUS_HTTP_PORT"));
        assertEquals("9185", environment.of("usage").get("QUARKUS_MANAGEMENT_PORT"));
        assertEquals(
                "postgresql://127.0.0.1:15532/daftar", environment.of("usage").get("DAFTAR_PRIMARY_URL"));
        assertEquals(
                "postgresql://127.0.0.1:15533/daftar", environment.of("usage").get("DAFTAR_REPLICA_URL"));
    }

    @Test
    void secretsAreMadeOnceAndDifferFromFolderToFolder() {
        DataFolder one = new DataFolder(folder);
        String first = Secrets.of(one).get("refresh_token_key");
        assertEquals(first, Secrets.of(one).get("refresh_token_key"));
        assertTrue(folder.resolve("other").toFile().mkdir());
        assertFalse(
                first.equals(Secrets.of(new DataFolder(folder.resolve("other"))).get("refresh_token_key")));
    }

    @Test
    void withFailoverAServiceIsToldOfBothServers() {
        Map<String, String> usage =
                environment(Secrets.of(new DataFolder(folder)), true).of("usage");

        assertEquals(
                "postgresql://127.0.0.1:15532/daftar,postgresql://127.0.0.1:15533/daftar",
                usage.get("DAFTAR_PRIMARY_URL"));
        assertEquals(
                "postgresql://127.0.0.1:15533/daftar,postgresql://127.0.0.1:15532/daftar",
                usage.get("DAFTAR_REPLICA_URL"));
    }

    private static ServiceEnvironment environment(Secrets secrets) {
        return environment(secrets, false);
    }

    private static ServiceEnvironment environment(Secrets secrets, boolean failover) {
        Ports ports = CommandLine.populateCommand(new Ports(), "--port-offset=100");
        return new ServiceEnvironment(
                ports, new DatabaseAddresses(ports.postgres(), ports.replica(), failover), secrets, "127.0.0.1:19192");
    }
}
