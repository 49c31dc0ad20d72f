package daftar.local.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.local.StartFailure;
import daftar.local.stack.Secrets;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The running services' REST interfaces, as far as the commands use them. Safe for several threads. */
public final class Api {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int PASSWORD_DIGITS = 32;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ObjectMapper json = new ObjectMapper();
    private final String identity;
    private final String usage;
    private final String secret;

    /**
     * Clients of identity and usage.
     *
     * @param secret what the users' passwords are derived from
     */
    public Api(String identity, String usage, String secret) {
        this.identity = identity;
        this.usage = usage;
        this.secret = secret;
    }

    /** Id of the user with this address, who is registered if need be. */
    UUID register(String email) {
        HttpResponse<String> answer = post(identity + "/v1/users", credentials(email));
        return switch (answer.statusCode()) {
            case 201 -> UUID.fromString(body(answer).path("id").asText());
            case 409 ->
                UUID.fromString(body(expect(200, get(identity + "/v1/users/me", logIn(email))))
                        .path("id")
                        .asText());
            default -> throw unexpected(answer);
        };
    }

    /** An access token of the user. */
    String logIn(String email) {
        HttpResponse<String> answer = expect(201, post(identity + "/v1/sessions", credentials(email)));
        return body(answer).path("access_token").asText();
    }

    /** What usage's API tells the user about a span of time. */
    Tally usage(UUID user, String token, Instant from, Instant to) {
        String address = usage + "/v1/users/" + user + "/usage?bucket=day&from=" + encode(from.toString()) + "&to="
                + encode(to.toString());
        Tally tally = Tally.NONE;
        for (JsonNode bucket : body(expect(200, get(address, token))).path("buckets")) {
            tally = tally.plus(new Tally(
                    bucket.path("events").asLong(), bucket.path("tokens_used").asLong()));
        }
        return tally;
    }

    /** What only the first administrator may ask. */
    public Administrator administrator(String password) {
        Map<String, String> credentials = Map.of("email", Secrets.ADMINISTRATOR_EMAIL, "password", password);
        HttpResponse<String> answer = expect(201, post(identity + "/v1/sessions", credentials));
        return new Administrator(body(answer).path("access_token").asText());
    }

    /** The administrator's requests to usage's archive; the answers are as the service gives them. */
    public final class Administrator {
        private final String token;

        private Administrator(String token) {
            this.token = token;
        }

        /** Begins a run over the month, or over all when it is null. */
        public JsonNode archive(String month) {
            return body(expect(202, post(archives(""), month == null ? Map.of() : Map.of("month", month), token)));
        }

        /** All parts, newest month first. */
        public List<JsonNode> archives() {
            List<JsonNode> parts = new ArrayList<>();
            JsonNode page;
            String cursor = "";
            do {
                page = body(expect(200, get(archives("?limit=500" + cursor), token)));
                page.path("items").forEach(parts::add);
                cursor = "&cursor=" + encode(page.path("next_cursor").asText());
            } while (page.hasNonNull("next_cursor"));
            return parts;
        }

        /** Restores a month. */
        public JsonNode restore(String month) {
            return body(expect(200, post(archives("/" + encode(month) + "/restorations"), Map.of(), token)));
        }

        private String archives(String rest) {
            return usage + "/v1/usage-archives" + rest;
        }
    }

    private Map<String, String> credentials(String email) {
        return Map.of("email", email, "password", password(email));
    }

    private String password(String email) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of()
                    .formatHex(mac.doFinal(email.getBytes(StandardCharsets.UTF_8)))
                    .substring(0, PASSWORD_DIGITS);
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private HttpResponse<String> post(String address, Map<String, String> body) {
        return post(address, body, null);
    }

    private HttpResponse<String> post(String address, Map<String, String> body, String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try {
            return send(request.header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body))));
        } catch (IOException e) {
            throw new StartFailure("No answer from " + address + ": look at the service's log.", e);
        }
    }

    private HttpResponse<String> get(String address, String token) {
        try {
            return send(HttpRequest.newBuilder(URI.create(address)).header("Authorization", "Bearer " + token));
        } catch (IOException e) {
            throw new StartFailure("No answer from " + address + ": look at the service's log.", e);
        }
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(
                    request.header("Accept", "application/json").timeout(LIMIT).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while talking to a service.", e);
        }
    }

    private JsonNode body(HttpResponse<String> answer) {
        try {
            return json.readTree(answer.body());
        } catch (IOException e) {
            throw new StartFailure(answer.uri() + " answered no JSON: look at the service's log.", e);
        }
    }

    private static HttpResponse<String> expect(int status, HttpResponse<String> answer) {
        if (answer.statusCode() != status) {
            throw unexpected(answer);
        }
        return answer;
    }

    private static StartFailure unexpected(HttpResponse<String> answer) {
        return new StartFailure(answer.request().method() + " " + answer.uri() + " answered " + answer.statusCode()
                + " " + answer.body() + "; look at the service's log.");
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
