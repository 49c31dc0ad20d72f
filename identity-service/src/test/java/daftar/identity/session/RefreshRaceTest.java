package daftar.identity.session;

import static daftar.identity.Api.login;
import static daftar.identity.Api.newEmail;
import static daftar.identity.Api.newSession;
import static daftar.identity.Api.refreshing;
import static daftar.identity.Api.register;
import static daftar.identity.Api.revoking;
import static org.junit.jupiter.api.Assertions.assertEquals;

import daftar.identity.Api.Session;
import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestStack.class)
class RefreshRaceTest {

    private final Stack stack = Stack.current();

    @Test
    void aHundredRefreshesAtOnceGiveOneSuccessor() throws Exception {
        Session session = newSession();
        List<Response> answers = allAtOnce(IntStream.range(0, 100)
                .<Callable<Response>>mapToObj(i -> () -> refreshing(session.refreshToken()))
                .toList());
        answers.forEach(answer -> answer.then().statusCode(200));
        assertEquals(
                1,
                answers.stream()
                        .map(answer -> answer.<String>path("refresh_token"))
                        .collect(Collectors.toSet())
                        .size());
        assertEquals(
                1,
                stack.number("identity_owner", "SELECT generation FROM sessions WHERE user_id = ?", session.userId()));
    }

    @Test
    void aRefreshThatRacesALogoutLeavesNoLiveToken() throws Exception {
        String email = newEmail();
        register(email);
        for (int round = 0; round < 50; round++) {
            Session session = login(email);
            List<Response> answers = allAtOnce(List.of(
                    () -> refreshing(session.refreshToken()),
                    () -> revoking(session.refreshToken()),
                    () -> refreshing(session.refreshToken())));
            assertEquals(204, answers.get(1).statusCode());
            refreshing(session.refreshToken()).then().statusCode(401);
            for (Response answer : List.of(answers.get(0), answers.get(2))) {
                if (answer.statusCode() == 200) {
                    refreshing(answer.path("refresh_token")).then().statusCode(401);
                } else {
                    assertEquals(401, answer.statusCode());
                }
            }
        }
    }

    private static <T> List<T> allAtOnce(List<Callable<T>> calls) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(calls.size());
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<T>> futures = new ArrayList<>();
            for (Callable<T> call : calls) {
                futures.add(threads.submit(() -> {
                    start.await();
                    return call.call();
                }));
            }
            start.countDown();
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }
}
