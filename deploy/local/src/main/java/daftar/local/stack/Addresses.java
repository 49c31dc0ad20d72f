package daftar.local.stack;

import daftar.local.StartFailure;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Where a running system's parts are, written for its clients when everything is ready.
 *
 * @param values address by name: each service, {@code primary}, {@code replica} (JDBC), {@code kafka}, {@code s3}
 */
public record Addresses(Map<String, String> values) {
    /** Copies the map. */
    public Addresses {
        values = Map.copyOf(values);
    }

    /** The addresses of the system that runs on the folder. */
    public static Addresses of(DataFolder folder) {
        if (folder.launcher().isEmpty() || !Files.exists(folder.addresses())) {
            throw new StartFailure("No system is ready on " + folder.root() + ": start it with deploy/local/up.");
        }
        Properties lines = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.addresses())) {
            lines.load(reader);
        } catch (IOException e) {
            throw new StartFailure("Cannot read " + folder.addresses() + ": start the system again.", e);
        }
        Map<String, String> values = new TreeMap<>();
        lines.forEach((key, value) -> values.put((String) key, (String) value));
        return new Addresses(values);
    }

    /** One address by its name. */
    public String get(String name) {
        String address = values.get(name);
        if (address == null) {
            throw new StartFailure("The running system has no " + name + ": start it with all its services.");
        }
        return address;
    }

    void write(DataFolder folder) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(values)
                .forEach((name, address) ->
                        text.append(name).append('=').append(address).append('\n'));
        Path fresh = folder.addresses().resolveSibling("addresses.new");
        try {
            Files.writeString(fresh, text);
            Files.move(fresh, folder.addresses(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + folder.addresses() + ": make the data folder yours.", e);
        }
    }
}
