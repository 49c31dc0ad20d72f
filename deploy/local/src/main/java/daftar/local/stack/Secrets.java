package daftar.local.stack;

import daftar.local.StartFailure;
import daftar.local.postgres.Database;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Passwords and keys of one data folder, made at its first start and readable by its owner alone. */
public final class Secrets {
    /** The first administrator, whose password is {@code administrator_password}. */
    public static final String ADMINISTRATOR_EMAIL = "admin@daftar.localhost";

    private static final int KEY_BYTES = 32;
    private static final int PASSWORD_BYTES = 16;

    private final Map<String, String> values;

    private Secrets(Map<String, String> values) {
        this.values = values;
    }

    /** Reads the folder's secrets and makes those that are missing. */
    public static Secrets of(DataFolder folder) {
        Map<String, String> values = new TreeMap<>();
        read(folder.secrets()).forEach((key, value) -> values.put((String) key, (String) value));
        Map<String, String> before = Map.copyOf(values);
        SecureRandom random = new SecureRandom();
        Database.roles().forEach(role -> values.computeIfAbsent("password." + role, key -> password(random)));
        for (String name : new String[] {
            "password.postgres",
            "password.replicator",
            "administrator_password",
            "client_secret.tutor",
            "client_secret.operator",
            "s3_access_key",
            "s3_secret_key",
            "replay_secret",
            "backup_store_access_key",
            "backup_store_secret_key",
            "backup_encryption_key",
            "backup_encryption_salt"
        }) {
            values.computeIfAbsent(name, key -> password(random));
        }
        values.computeIfAbsent("key_encryption_key", key -> key(random));
        values.computeIfAbsent("refresh_token_key", key -> key(random));
        values.computeIfAbsent("archive_key_encryption_key", key -> key(random));
        if (!values.equals(before)) {
            write(folder.secrets(), values);
        }
        return new Secrets(values);
    }

    /** Password of a database role. */
    public String password(String role) {
        return get("password." + role);
    }

    /** One value by its name in the file. */
    public String get(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no secret named " + name);
        }
        return value;
    }

    private static String password(SecureRandom random) {
        return HexFormat.of().formatHex(bytes(random, PASSWORD_BYTES));
    }

    private static String key(SecureRandom random) {
        return Base64.getEncoder().encodeToString(bytes(random, KEY_BYTES));
    }

    private static byte[] bytes(SecureRandom random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static Properties read(Path file) {
        Properties properties = new Properties();
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            } catch (IOException e) {
                throw new StartFailure("Cannot read " + file + ": run as the one who started this system first.", e);
            }
        }
        return properties;
    }

    private static void write(Path file, Map<String, String> values) {
        StringBuilder text = new StringBuilder("# made at the first start; belongs to the data beside it\n");
        values.forEach(
                (key, value) -> text.append(key).append('=').append(value).append('\n'));
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StartFailure("Cannot write " + file + ": make the data folder yours.", e);
        }
    }
}
