package daftar.local.growth;

import com.fasterxml.jackson.databind.ObjectMapper;
import daftar.local.StartFailure;
import daftar.local.stack.Addresses;
import daftar.local.stack.Secrets;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;

/** Asks usage-service over HTTP, one request after the other, as a service that may read usage. */
final class UsageClient {
    private static final String CLIENT = "tutor";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Addresses addresses;
    private final Secrets secrets;

    UsageClient(Addresses addresses, Secrets secrets) {
        this.addresses = addresses;
        this.secrets = secrets;
    }

    /** Milliseconds of each request, in ascending order; some before them, which warm everything up, are not counted. */
    double[] latencies(MonthQuery query, UUID user, int warmUp, int requests) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(addresses.get("usage") + "/v1/users/" + user + "/usage?" + query.parameters()))
                .header("Authorization", "Bearer " + token())
                .build();
        double[] millis = new double[requests];
        for (int i = -warmUp; i < requests; i++) {
            long start = System.nanoTime();
            HttpResponse<String> answer = send(request);
            if (answer.statusCode() != 200 || !answer.body().contains("tokens_used")) {
                throw new StartFailure("usage-service answered " + answer.statusCode() + " " + answer.body());
            }
            if (i >= 0) {
                millis[i] = (System.nanoTime() - start) / 1e6;
            }
        }
        Arrays.sort(millis);
        return millis;
    }

    private String token() {
        String credentials = CLIENT + ":" + secrets.get("client_secret." + CLIENT);
        HttpRequest request = HttpRequest.newBuilder(URI.create(addresses.get("identity") + "/oauth2/token"))
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials&scope=usage:read"))
                .build();
        try {
            return new ObjectMapper()
                    .readTree(send(request).body())
                    .path("access_token")
                    .asText();
        } catch (IOException e) {
            throw new StartFailure("identity-service gave no token: look at its log.", e);
        }
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new StartFailure("No answer from " + request.uri() + ": look at the service's log.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while talking to a service.", e);
        }
    }
}
