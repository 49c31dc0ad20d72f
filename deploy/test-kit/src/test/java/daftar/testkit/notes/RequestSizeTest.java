package daftar.testkit.notes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.testkit.Stack;
import daftar.testkit.TestStack;
import daftar.testkit.Tokens;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Requests that are larger or slower than any honest one, on the wire. */
@QuarkusTest
@WithTestResource(TestStack.class)
class RequestSizeTest {

    private static final int MEGABYTE = 1024 * 1024;
    private static final String HEAD =
            "POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

    private static final String END = "\r\n\r\n";
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

    private final Stack stack = Stack.current();
    private final String authorization = "Authorization: Bearer " + Tokens.service("notes:write") + "\r\n";

    @Test
    void aBodyThatSaysThatItIsTooLargeIsAProblem() throws IOException {
        for (String caller : List.of(authorization, "")) {
            String answer =
                    exchange(HEAD + caller + "Content-Length: " + (MEGABYTE + 1) + END, "x".repeat(MEGABYTE + 1));
            assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
            assertTrue(answer.toLowerCase(Locale.ROOT).contains("content-type: application/problem+json"), answer);
            assertTrue(answer.contains("correlation_id"), answer);
        }
    }

    @Test
    void aSizeThatCannotBeTrueIsRefused() throws IOException {
        refused(413, HEAD + "Content-Length: 9999999999999999" + END, "");
        refused(400, HEAD + "Content-Length: -1" + END, "");
        refused(400, HEAD + "Content-Length: 99999999999999999999" + END, "");
    }

    @Test
    void aChunkedBodyThatGrowsTooLargeIsRefused() throws IOException {
        String chunk = "10000\r\n" + "x".repeat(0x10000) + "\r\n";
        String json = "9\r\n{\"text\":\"\r\n" + chunk.repeat(20) + "2\r\n\"}\r\n0\r\n\r\n";
        refused(413, HEAD + authorization + "Transfer-Encoding: chunked" + END, json);
    }

    @Test
    void theLargestBodyIsReadAndJudged() throws IOException {
        String json = "{\"text\":\"" + "x".repeat(MEGABYTE - 11) + "\"}";
        assertEquals(MEGABYTE, json.length());
        refused(422, HEAD + authorization + "Content-Length: " + json.length() + END, json);
    }

    @Test
    void headersThatAreTooLargeAreRefused() throws IOException {
        refused(431, "GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "x".repeat(20_000) + END, "");
    }

    @Test
    void aFirstLineThatIsTooLongIsRefused() throws IOException {
        refused(414, "GET /v1/me?" + "x".repeat(5_000) + " HTTP/1.1\r\nHost: localhost" + END, "");
    }

    @Test
    void whatIsNoHttpIsRefused() throws IOException {
        refused(400, "HELO example.org" + END, "");
    }

    /** The tests are configured with 15 seconds. */
    @Test
    void aConnectionThatFallsSilentInTheMiddleOfARequestIsClosed() {
        List<CompletableFuture<String>> answers = Stream.of(
                        "",
                        "GET /v1/me HTTP/1.1\r\nHost: loc",
                        HEAD + authorization + "Content-Length: 100" + END + "{")
                .map(begun -> CompletableFuture.supplyAsync(() -> {
                    try {
                        return exchange(begun, "");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }))
                .toList();
        answers.forEach(answer -> assertEquals("", answer.join()));
    }

    private void refused(int status, String head, String body) throws IOException {
        String answer = exchange(head, body);
        assertTrue(answer.matches("(?s)HTTP/1\\.[01] " + status + " .*"), answer);
    }

    /** What is answered until the service closes the connection, or until the answer is whole. */
    private String exchange(String head, String body) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), stack.servicePort())) {
            socket.setSoTimeout(60_000);
            try {
                socket.getOutputStream().write((head + body).getBytes(StandardCharsets.ISO_8859_1));
            } catch (SocketException refused) {
                // the answer was there before all of it was sent
            }
            StringBuilder answer = new StringBuilder();
            for (int next = socket.getInputStream().read();
                    next >= 0;
                    next = socket.getInputStream().read()) {
                answer.append((char) next);
                if (isWhole(answer.toString())) {
                    break;
                }
            }
            return answer.toString();
        }
    }

    private static boolean isWhole(String answer) {
        int head = answer.indexOf(END);
        Matcher length = LENGTH.matcher(answer);
        return head >= 0 && length.find() && answer.length() == head + END.length() + Integer.parseInt(length.group(1));
    }
}
