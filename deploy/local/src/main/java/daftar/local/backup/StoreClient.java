package daftar.local.backup;

import daftar.local.StartFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** The few calls of S3 that checks and the ledger of erasures need: whole objects and listings of the backups' bucket. */
final class StoreClient {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final BackupStore store;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    StoreClient(BackupStore store) {
        this.store = store;
    }

    /**
     * One object of a listing.
     *
     * @param bytes its size as it was written, without what encryption adds
     * @param modified when it was written, by the store's clock
     */
    record Stored(String key, long bytes, Instant modified) {}

    /** The object's bytes as they come; the caller closes the stream. Empty when there is no such object. */
    Optional<InputStream> open(String key) {
        HttpResponse<InputStream> answer = send("GET", key, Map.of(), new byte[0]);
        return answer.statusCode() == 404 ? Optional.empty() : Optional.of(accepted(answer, key));
    }

    /** A small object whole. */
    Optional<byte[]> get(String key) {
        return open(key).map(stream -> {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new StartFailure("The object " + key + " cannot be read: " + e.getMessage() + ".", e);
            }
        });
    }

    void put(String key, byte[] bytes) {
        close(accepted(send("PUT", key, Map.of(), bytes), key));
    }

    void delete(String key) {
        close(accepted(send("DELETE", key, Map.of(), new byte[0]), key));
    }

    /** Every object whose key starts with the prefix, in the order of their keys. */
    List<Stored> list(String prefix) {
        List<Stored> found = new ArrayList<>();
        String next = null;
        do {
            Map<String, String> query = new TreeMap<>(Map.of("list-type", "2", "prefix", prefix));
            if (next != null) {
                query.put("continuation-token", next);
            }
            Element page = parse(accepted(send("GET", "", query, new byte[0]), prefix));
            NodeList contents = page.getElementsByTagName("Contents");
            for (int i = 0; i < contents.getLength(); i++) {
                Element each = (Element) contents.item(i);
                found.add(new Stored(
                        text(each, "Key"),
                        Long.parseLong(text(each, "Size")),
                        Instant.parse(text(each, "LastModified"))));
            }
            next = page.getElementsByTagName("NextContinuationToken").getLength() == 0
                    ? null
                    : text(page, "NextContinuationToken");
        } while (next != null);
        return found;
    }

    private HttpResponse<InputStream> send(String method, String key, Map<String, String> query, byte[] body) {
        String path = "/" + BackupStore.BUCKET
                + (key.isEmpty() ? "" : "/" + encode(key).replace("%2F", "/"));
        String parameters = new TreeMap<>(query)
                .entrySet().stream()
                        .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
                        .collect(Collectors.joining("&"));
        URI address = URI.create(store.endpoint() + path + (parameters.isEmpty() ? "" : "?" + parameters));
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(LIMIT)
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
        new StoreSignature(store, Instant.now())
                .headers(method, address.getAuthority(), path, parameters, body)
                .forEach(request::header);
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new StartFailure("The backups' store at " + store.endpoint() + " does not answer: start it.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while talking to the backups' store.", e);
        }
    }

    private static InputStream accepted(HttpResponse<InputStream> answer, String key) {
        if (answer.statusCode() >= 300) {
            close(answer.body());
            throw new StartFailure("The backups' store answers " + answer.statusCode() + " for " + key
                    + ": see its log; 403 means wrong credentials.");
        }
        return answer.body();
    }

    private static void close(InputStream stream) {
        try (stream) {
            stream.readAllBytes();
        } catch (IOException e) {
            throw new StartFailure("The backups' store broke off: " + e.getMessage() + ".", e);
        }
    }

    private static Element parse(InputStream stream) {
        try (stream) {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            Document document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(stream.readAllBytes()));
            return document.getDocumentElement();
        } catch (IOException | SAXException | ParserConfigurationException e) {
            throw new StartFailure("The backups' store answers a listing that is none: " + e.getMessage() + ".", e);
        }
    }

    private static String text(Element parent, String name) {
        return parent.getElementsByTagName(name).item(0).getTextContent();
    }

    /** As Signature Version 4 wants it: a space is %20, and a tilde stays. */
    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }
}
