package daftar.local.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import daftar.local.Installation;
import daftar.local.TestFolder;
import daftar.local.process.Loopback;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class S3StoreTest {
    private static final String SECRET = "secret-of-a-test";
    private static Path folder;
    private static S3Store store;
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void startStore() {
        folder = TestFolder.fresh("s3");
        store = new S3Store(
                Installation.find(),
                new S3Store.Options(
                        folder.resolve("data"),
                        folder.resolve("logs"),
                        Loopback.freePorts(1).get(0),
                        "daftar",
                        SECRET));
        store.start();
    }

    @AfterAll
    static void stopStore() {
        store.stop();
        assertFalse(store.isRunning());
        TestFolder.delete(folder);
    }

    @Test
    void listsTheBucketForASignedRequest() throws Exception {
        HttpResponse<String> answer = presigned(SECRET);
        assertEquals(200, answer.statusCode(), answer::body);
        assertTrue(answer.body().contains("<Name>daftar</Name>"), answer::body);
    }

    @Test
    void refusesAWrongSignature() throws Exception {
        assertEquals(403, presigned("guessed").statusCode());
    }

    @Test
    void refusesAnUnsignedRequest() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(store.endpoint() + "/" + S3Store.BUCKET))
                .build();
        assertEquals(
                403, http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
    }

    /** A request in the address itself, AWS Signature Version 2: the shortest correct signature. */
    private HttpResponse<String> presigned(String secret) throws Exception {
        long expires = Instant.now().plusSeconds(600).getEpochSecond();
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
        String signed = "GET\n\n\n" + expires + "\n/" + S3Store.BUCKET;
        String signature = Base64.getEncoder()
                .encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)))
                .replace("+", "%2B")
                .replace("/", "%2F")
                .replace("=", "%3D");
        URI address = URI.create(store.endpoint() + "/" + S3Store.BUCKET + "?AWSAccessKeyId=daftar&Expires=" + expires
                + "&Signature=" + signature);
        return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    }
}
