package daftar.local.kafka;

import daftar.local.StartFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * The platform's topics, as {@code topics.properties} lists them.
 *
 * @param all one entry a topic
 */
record Topics(List<NewTopic> all) {
    private static final String PARTITIONS = "partitions";

    static Topics read() {
        Properties lines = new Properties();
        try (InputStream resource = Topics.class.getResourceAsStream("/daftar/local/topics.properties")) {
            lines.load(resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Topics(lines.stringPropertyNames().stream()
                .sorted()
                .map(name -> topic(name, lines.getProperty(name)))
                .toList());
    }

    void createMissing(Admin admin) {
        try {
            Set<String> existing = admin.listTopics().names().get(30, TimeUnit.SECONDS);
            List<NewTopic> missing = all.stream()
                    .filter(topic -> !existing.contains(topic.name()))
                    .toList();
            admin.createTopics(missing).all().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new StartFailure("Cannot create Kafka's topics: " + e.getMessage() + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("Interrupted while creating Kafka's topics.", e);
        }
    }

    private static NewTopic topic(String name, String description) {
        Map<String, String> settings = new HashMap<>();
        for (String word : description.strip().split("\\s+", -1)) {
            int equals = word.indexOf('=');
            settings.put(word.substring(0, equals), word.substring(equals + 1));
        }
        int partitions = Integer.parseInt(settings.remove(PARTITIONS));
        return new NewTopic(name, Optional.of(partitions), Optional.of((short) 1)).configs(settings);
    }
}
