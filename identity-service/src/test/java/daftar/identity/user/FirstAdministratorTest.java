package daftar.identity.user;

import static daftar.identity.Api.PASSWORD;
import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.register;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import daftar.identity.Api;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@WithTestResource(TestStack.class)
class FirstAdministratorTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Stack stack = Stack.current();

    /** Quarkus injects tests through fields alone. */
    @Inject
    FirstAdministrator administrator;

    @Test
    void ofInstancesThatStartTogetherOneMakesTheAdministrator() {
        String email = newEmail();
        List<Boolean> made = Uni.join()
                .all(Stream.generate(() -> administrator.make(email, PASSWORD))
                        .limit(5)
                        .toList())
                .andFailFast()
                .await()
                .atMost(LIMIT);
        assertEquals(1, made.stream().filter(Boolean::booleanValue).count());
        assertEquals(
                1,
                stack.number(
                        "identity_owner",
                        "SELECT count(*) FROM users u JOIN staff_roles r ON r.user_id = u.id WHERE u.email = ? AND r.role = 'administrator'",
                        email));
        Api.login(email);
    }

    @Test
    void whoRegisteredTheAddressFirstDoesNotBecomeAdministrator() {
        String email = newEmail();
        var user = register(email);
        assertFalse(administrator.make(email, PASSWORD).await().atMost(LIMIT));
        assertEquals(0, stack.number("identity_owner", "SELECT count(*) FROM staff_roles WHERE user_id = ?", user));
    }

    @ParameterizedTest
    @CsvSource({"a@b.org,", ", a long enough password", "no address, a long enough password", "a@b.org, short"})
    void aHalfOrWrongConfigurationStopsTheStart(String email, String password) {
        FirstAdministrator wrong = new FirstAdministrator(
                null, null, Clock.systemUTC(), Optional.ofNullable(email), Optional.ofNullable(password));
        assertThrows(IllegalStateException.class, () -> wrong.start(new StartupEvent()));
    }
}
