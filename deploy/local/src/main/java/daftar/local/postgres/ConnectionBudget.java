package daftar.local.postgres;

import daftar.local.Installation;
import daftar.local.StartFailure;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * How the platform's 100 connections are shared among the roles.
 *
 * @param limits connections by the file's keys, for example {@code usage.app}
 */
public record ConnectionBudget(Map<String, Integer> limits) {
    /** Copies the map. */
    public ConnectionBudget {
        limits = Map.copyOf(limits);
    }

    /** Reads the repository's budget file. */
    public static ConnectionBudget read(Installation installation) {
        Properties lines = new Properties();
        try (Reader reader = Files.newBufferedReader(installation.connectionBudget())) {
            lines.load(reader);
        } catch (IOException e) {
            throw new StartFailure("Cannot read " + installation.connectionBudget() + ": restore it.", e);
        }
        Map<String, Integer> limits = new TreeMap<>();
        lines.forEach((key, value) -> limits.put((String) key, Integer.valueOf(((String) value).strip())));
        return new ConnectionBudget(limits);
    }

    /** All connections together. */
    public int sum() {
        return limits.values().stream().mapToInt(Integer::intValue).sum();
    }
}
