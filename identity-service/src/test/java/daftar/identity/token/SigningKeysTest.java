package daftar.identity.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class SigningKeysTest {

    private static final String OWNER = "identity_owner";

    private final Stack stack = Stack.current();

    /** Quarkus injects tests through fields alone. */
    @Inject
    Pool primary;

    @ConfigProperty(name = "daftar.key-encryption-key")
    String encryptionKey;

    /** The running service's key must outlive the years that pass here. */
    @BeforeEach
    void setTheServicesKeyAside() {
        stack.execute(OWNER, "CREATE TABLE signing_keys_aside AS SELECT * FROM signing_keys");
        stack.execute(OWNER, "DELETE FROM signing_keys");
    }

    @AfterEach
    void putTheServicesKeyBack() {
        stack.execute(OWNER, "DELETE FROM signing_keys");
        stack.execute(OWNER, "INSERT INTO signing_keys SELECT * FROM signing_keys_aside");
        stack.execute(OWNER, "DROP TABLE signing_keys_aside");
    }

    @Test
    void instancesThatStartTogetherAgreeOnOneKey() {
        List<SigningKeys> instances = Stream.generate(() -> at(Instant.parse("2030-01-01T00:00:00Z")))
                .limit(6)
                .toList();
        reload(instances);
        assertEquals(1, stack.number(OWNER, "SELECT count(*) FROM signing_keys"));
        assertEquals(
                1,
                instances.stream().map(keys -> keys.signer().kid()).distinct().count());
    }

    @Test
    void aKeyIsFollowedByOneThatWasPublishedBeforeAndIsDeletedAfterItsTokensExpired() {
        Instant start = Instant.parse("2030-01-01T00:00:00Z");
        SigningKeys first = at(start);
        reload(List.of(first));
        String old = first.signer().kid();

        Instant due = start.plus(Duration.ofDays(30)).minus(Duration.ofMinutes(30));
        List<SigningKeys> before = Stream.generate(() -> at(due)).limit(4).toList();
        reload(before);
        for (SigningKeys instance : before) {
            assertEquals(old, instance.signer().kid());
            assertEquals(2, instance.published().size());
        }

        SigningKeys active = at(start.plus(Duration.ofDays(30)));
        reload(List.of(active));
        String next = active.signer().kid();
        assertFalse(next.equals(old));
        assertEquals(
                List.of(old, next),
                active.published().stream().map(jwk -> jwk.get("kid")).toList());

        SigningKeys later = at(start.plus(Duration.ofDays(30)).plus(Duration.ofMinutes(66)));
        reload(List.of(later));
        assertEquals(
                List.of(next),
                later.published().stream().map(jwk -> jwk.get("kid")).toList());
    }

    @Test
    void theDatabaseHoldsThePrivatePartEncryptedAlone() {
        SigningKeys keys = at(Instant.parse("2030-01-01T00:00:00Z"));
        reload(List.of(keys));
        Map<String, Object> row = stack.query(
                        OWNER, "SELECT private_key_encrypted, public_jwk ->> 'd' AS d FROM signing_keys")
                .get(0);
        byte[] stored = (byte[]) row.get("private_key_encrypted");
        byte[] plain = keys.signer().privateKey().getEncoded();
        assertEquals(null, row.get("d"));
        assertTrue(
                java.util.Collections.indexOfSubList(bytes(stored), bytes(plain).subList(30, 50)) < 0);
    }

    private SigningKeys at(Instant time) {
        return new SigningKeys(primary, Clock.fixed(time, ZoneOffset.UTC), Optional.of(encryptionKey));
    }

    private static void reload(List<SigningKeys> instances) {
        Uni.join()
                .all(instances.stream().map(SigningKeys::reload).toList())
                .andFailFast()
                .await()
                .atMost(Duration.ofSeconds(20));
    }

    private static List<Byte> bytes(byte[] array) {
        List<Byte> list = new java.util.ArrayList<>();
        for (byte b : array) {
            list.add(b);
        }
        return list;
    }
}
