package daftar.identity.user;

import static daftar.identity.Api.PASSWORD;
import static daftar.identity.Api.newEmail;
import static daftar.testkit.Problems.problem;
import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import daftar.identity.Api;
import daftar.kit.problem.Problem;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A registration whose answer was lost on the way is sent again with its {@code Idempotency-Key}. */
@QuarkusTest
@WithTestResource(TestStack.class)
class RegistrationRepeatedTest {

    private final Stack stack = Stack.current();
    private final String key = UUID.randomUUID().toString();
    private final String email = newEmail();

    private final Map<String, Object> body = Map.of(
            "email",
            email,
            "password",
            PASSWORD,
            "phone",
            "+201001234567",
            "profile",
            Map.of("givenName", "منى", "grades", List.of(1, 2.5), "nested", Map.of("a", List.of(Map.of()))));

    @Test
    void itIsAnsweredAsTheFirstTime() {
        Response first = registering(key, body);
        Response second = registering(key, body);

        first.then().statusCode(201);
        second.then().statusCode(201);
        assertEquals(first.asString(), second.asString());
        for (String header : List.of("Location", "ETag", "Content-Type")) {
            assertEquals(first.header(header), second.header(header));
        }
        assertFalse(second.header("Daftar-Position").isEmpty());
        assertEquals(1, stack.number("identity_owner", "SELECT count(*) FROM users WHERE email = ?", email));
        Api.loggingIn(email, PASSWORD).then().statusCode(201);
    }

    @Test
    void whoDoesNotKnowThePasswordIsNotGivenTheAnswer() {
        registering(key, body).then().statusCode(201);
        registering(key, with("password", PASSWORD + "!")).then().spec(problem(Problem.IDEMPOTENCY_KEY_REUSED));
        registering(key, with("email", newEmail())).then().spec(problem(Problem.IDEMPOTENCY_KEY_REUSED));
        registering(key, with("phone", "+201001234568")).then().spec(problem(Problem.IDEMPOTENCY_KEY_REUSED));
    }

    @Test
    void withoutTheKeyTheAddressIsTaken() {
        registering(key, body).then().statusCode(201);
        registering(UUID.randomUUID().toString(), body).then().spec(problem(Problem.CONFLICT));
    }

    @Test
    void ofManyAtOnceOneRegisters() {
        List<CompletableFuture<Response>> answers = IntStream.range(0, 8)
                .mapToObj(n -> CompletableFuture.supplyAsync(() -> registering(key, body)))
                .toList();
        Set<Integer> statuses =
                answers.stream().map(answer -> answer.join().statusCode()).collect(Collectors.toSet());

        assertEquals(
                Set.of(), statuses.stream().filter(s -> s != 201 && s != 409).collect(Collectors.toSet()));
        String id = registering(key, body).then().statusCode(201).extract().path("id");
        assertEquals(
                id,
                stack.query("identity_owner", "SELECT id::text AS id FROM users WHERE email = ?", email)
                        .get(0)
                        .get("id"));
    }

    private Map<String, Object> with(String member, String value) {
        Map<String, Object> changed = new HashMap<>(body);
        changed.put(member, value);
        return changed;
    }

    private static Response registering(String key, Map<String, ?> body) {
        return given().contentType(ContentType.JSON)
                .header("Idempotency-Key", key)
                .body(body)
                .post("/v1/users");
    }
}
