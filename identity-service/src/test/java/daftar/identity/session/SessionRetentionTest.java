package daftar.identity.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.retention.Retention;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class SessionRetentionTest {

    private final Stack stack = Stack.current();
    private final Retention retention;

    @Inject
    SessionRetentionTest(Retention retention) {
        this.retention = retention;
    }

    @Test
    void sessionsGoThirtyDaysAfterTheyExpired() {
        UUID user = stack.newUser();
        for (int days : new int[] {32, 29, 0}) {
            stack.execute("identity_owner", """
                    INSERT INTO sessions (id, user_id, secret, created_at, rotated_at, expires_at)
                    SELECT gen_random_uuid(), ?, decode(repeat('00', 32), 'hex'), t.time, t.time, t.time
                    FROM (SELECT now() - make_interval(days => ?) AS time) AS t""", user, days);
        }

        retention.run().await().atMost(Duration.ofSeconds(20));

        assertEquals(2, stack.number("identity_owner", "SELECT count(*) FROM sessions WHERE user_id = ?", user));
    }
}
