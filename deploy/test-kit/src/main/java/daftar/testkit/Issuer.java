package daftar.testkit;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;

/** An issuer of tokens for tests: a key pair, and the key set served over HTTP as identity does. */
final class Issuer {

    private static final String URL_PROPERTY = "daftar.test-issuer.url";
    private static final String KEY_PROPERTY = "daftar.test-issuer.key";

    private final HttpServer server;

    private Issuer(HttpServer server) {
        this.server = server;
    }

    static Issuer start() {
        try {
            EllipticCurveJsonWebKey key = newKey("test-key");
            byte[] keys = new JsonWebKeySet(key)
                    .toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY)
                    .getBytes(StandardCharsets.UTF_8);
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/.well-known/jwks.json", exchange -> {
                exchange.getResponseHeaders().add("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, keys.length);
                exchange.getResponseBody().write(keys);
                exchange.close();
            });
            server.start();
            Issuer issuer = new Issuer(server);
            System.setProperty(URL_PROPERTY, issuer.url());
            System.setProperty(
                    KEY_PROPERTY,
                    Base64.getEncoder()
                            .encodeToString(key.toJson(JsonWebKey.OutputControlLevel.INCLUDE_PRIVATE)
                                    .getBytes(StandardCharsets.UTF_8)));
            return issuer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void stop() {
        server.stop(0);
    }

    static String currentUrl() {
        return System.getProperty(URL_PROPERTY);
    }

    static EllipticCurveJsonWebKey currentKey() {
        try {
            String json =
                    new String(Base64.getDecoder().decode(System.getProperty(KEY_PROPERTY)), StandardCharsets.UTF_8);
            return (EllipticCurveJsonWebKey) JsonWebKey.Factory.newJwk(json);
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    static EllipticCurveJsonWebKey newKey(String id) {
        try {
            EllipticCurveJsonWebKey key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
            key.setKeyId(id);
            return key;
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }
}
