package daftar.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import daftar.local.kafka.KafkaBroker;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.DynamicTest;

/**
 * A service's catalogue of events, {@code src/main/asyncapi/asyncapi.yaml} and the JSON Schemas that it
 * names, held against itself and against the records that are really in the topics.
 */
public final class EventCatalogue {

    private static final Path DOCUMENT = Path.of("src/main/asyncapi/asyncapi.yaml");
    private static final Path SCHEMAS = Path.of("src/main/resources/events");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Part root;

    private EventCatalogue(Path document) {
        this.root = Part.of(document.toAbsolutePath().normalize());
    }

    /** The catalogue of the module whose tests run. */
    public static EventCatalogue committed() {
        return new EventCatalogue(DOCUMENT);
    }

    /** What must be true of every catalogue, one test each. */
    public Stream<DynamicTest> checks() {
        return Stream.of(
                DynamicTest.dynamicTest("the document is AsyncAPI 3.0", this::isAsyncApi),
                DynamicTest.dynamicTest("every schema is in the document", this::namesEverySchema),
                DynamicTest.dynamicTest(
                        "every message has its type's name, headers and schema", this::describesMessages),
                DynamicTest.dynamicTest("every topic is one of the platform's, with its settings", this::knowsTopics));
    }

    /**
     * Fails unless the record is an event as the document describes it: of a type that its topic may carry,
     * keyed by a user's id, with the headers and the data that the schemas ask for; a null value is a
     * tombstone, which only a compacted topic has.
     */
    public void assertDescribes(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode headers = JSON.createObjectNode();
        record.headers().forEach(header -> headers.put(header.key(), text(header.value())));
        String type = headers.path("ce_type").asText();
        Part channel = channels().get(record.topic());
        assertTrue(channel != null, "the document has no topic " + record.topic());
        Map<String, Part> messages = messages(channel);
        assertTrue(messages.containsKey(type), record.topic() + " carries " + messages.keySet() + ", not " + type);
        Part message = messages.get(type);
        assertFits(common(message, "/headers"), headers, "headers of " + type);
        assertFits(common(message, "/bindings/kafka/key"), new TextNode(text(record.key())), "key of " + type);
        if (record.value() == null) {
            assertTrue(isCompacted(channel), "a tombstone in a topic that is not compacted");
        } else {
            assertEquals("application/json", headers.path("content-type").asText());
            assertFits(payload(message), json(record.value()), "data of " + type);
        }
    }

    /** The official schema, as npm has it: @asyncapi/specs 6.11.1, schemas/3.0.0-without-$id.json, unchanged. */
    private void isAsyncApi() throws IOException {
        try (InputStream file =
                new GZIPInputStream(EventCatalogue.class.getResourceAsStream("asyncapi-3.0.0.json.gz"))) {
            JsonSchema official = JsonSchemaFactory.getInstance(VersionFlag.V7).getSchema(file);
            assertEquals(Set.of(), official.validate(root.json()));
        }
    }

    private void namesEverySchema() throws IOException {
        Set<Path> named =
                events().map(message -> payload(message).file()).collect(Collectors.toCollection(TreeSet::new));
        try (Stream<Path> files = Files.exists(SCHEMAS) ? Files.list(SCHEMAS) : Stream.empty()) {
            files.map(Path::toAbsolutePath)
                    .forEach(file -> assertTrue(named.contains(file), "the document does not name " + file));
        }
    }

    private void describesMessages() {
        events().forEach(message -> {
            String type = message.text("/name");
            Part schema = payload(message);
            assertEquals(type + ".json", schema.file().getFileName().toString());
            assertEquals("https://json-schema.org/draft/2020-12/schema", schema.text("/$schema"));
            assertEquals("urn:daftar:events:" + type, schema.text("/$id"), "$id of " + schema.file());
            assertFalse(common(message, "/headers").json().isMissingNode(), type + " has no headers");
            assertFalse(common(message, "/bindings/kafka/key").json().isMissingNode(), type + " has no key");
        });
    }

    private void knowsTopics() throws IOException {
        Properties topics = new Properties();
        try (InputStream file = KafkaBroker.class.getResourceAsStream("/daftar/local/topics.properties")) {
            topics.load(file);
        }
        channels().forEach((topic, channel) -> {
            String settings = topics.getProperty(topic);
            assertTrue(settings != null, topic + " is not among the platform's topics");
            assertEquals(settings.contains("cleanup.policy=compact"), isCompacted(channel), topic + ": compaction");
            assertTrue(
                    settings.startsWith("partitions=" + channel.text("/bindings/kafka/partitions") + " "),
                    topic + ": partitions");
        });
    }

    private Map<String, Part> channels() {
        return root.at("/channels")
                .children()
                .collect(Collectors.toMap(channel -> channel.text("/address"), own -> own));
    }

    /** The messages that a channel carries, by their type. */
    private static Map<String, Part> messages(Part channel) {
        return channel.at("/messages")
                .children()
                .collect(Collectors.toMap(message -> message.text("/name"), own -> own));
    }

    /** Every message that is an event; a dead letter is whatever it was, and has no schema. */
    private Stream<Part> events() {
        return channels().values().stream()
                .flatMap(channel -> messages(channel).values().stream())
                .filter(message -> message.json().has("payload"));
    }

    private static Part payload(Part message) {
        return message.at("/payload/schema").resolved();
    }

    /** What all events have in common stands in a trait, once for all services. */
    private static Part common(Part message, String pointer) {
        return message.at("/traits/0").resolved().at(pointer);
    }

    private static boolean isCompacted(Part channel) {
        return channel.at("/bindings/kafka/topicConfiguration/cleanup.policy")
                .json()
                .toString()
                .contains("compact");
    }

    private static void assertFits(Part schema, JsonNode value, String what) {
        SchemaValidatorsConfig strict =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        assertEquals(
                Set.of(),
                JsonSchemaFactory.getInstance(VersionFlag.V202012)
                        .getSchema(schema.json(), strict)
                        .validate(value),
                what);
    }

    /** A part of a document, which knows the file that its references start from. */
    private record Part(Path file, JsonNode json) {

        /** A whole file; JSON is YAML too. */
        static Part of(Path file) {
            try {
                return new Part(file, new YAMLMapper().readTree(file.toFile()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Part at(String pointer) {
            return new Part(file, json.at(pointer));
        }

        String text(String pointer) {
            return json.at(pointer).asText();
        }

        Stream<Part> children() {
            return StreamSupport.stream(json.spliterator(), false).map(child -> new Part(file, child).resolved());
        }

        Part resolved() {
            if (!json.has("$ref")) {
                return this;
            }
            String[] reference = text("/$ref").split("#", 2);
            Part whole = of(
                    reference[0].isEmpty()
                            ? file
                            : file.resolveSibling(reference[0]).normalize());
            Part target = reference.length == 2 ? whole.at(reference[1]) : whole;
            assertFalse(target.json().isMissingNode(), file + " refers to nothing: " + text("/$ref"));
            return target.resolved();
        }
    }

    private static JsonNode json(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
