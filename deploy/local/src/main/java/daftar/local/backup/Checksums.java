package daftar.local.backup;

import daftar.local.StartFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * SHA-256 of every object of a backup, written once right after it was made. Pages of tables carry checksums of their own and
 * log carries its own; the rest of a backup (commit status, settings) has nothing else that would tell a flipped bit.
 */
final class Checksums {
    private static final String FOLDER = "checksums/";

    private final StoreClient client;

    Checksums(StoreClient client) {
        this.client = client;
    }

    /** Writes what new backups lack and deletes what belongs to none any more. */
    void follow(List<Backup> backups) {
        Set<String> kept =
                client.list(FOLDER).stream().map(StoreClient.Stored::key).collect(Collectors.toSet());
        Set<String> wanted = backups.stream().map(Checksums::key).collect(Collectors.toSet());
        kept.stream().filter(key -> !wanted.contains(key)).forEach(client::delete);
        backups.stream().filter(backup -> !kept.contains(key(backup))).forEach(this::write);
    }

    /** Bytes of the backup in the store. */
    long size(Backup backup) {
        return client.list(backup.prefix()).stream()
                .mapToLong(StoreClient.Stored::bytes)
                .sum();
    }

    /** Fails when an object is missing, was changed, or when the backup has no checksums. */
    void verify(Backup backup) {
        byte[] text = client.get(key(backup))
                .orElseThrow(() -> new StartFailure("The backup " + backup.id() + " has no checksums yet."));
        Map<String, String> expected = new TreeMap<>();
        new String(text, StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.split("  ", 2))
                .forEach(words -> expected.put(words[1], words[0]));
        expected.forEach((key, sum) -> {
            if (!sum.equals(sum(key))) {
                throw new StartFailure("The object " + key
                        + " is not what was written: its checksum differs. Another backup has to be used.");
            }
        });
    }

    private void write(Backup backup) {
        String lines = client.list(backup.prefix()).stream()
                .map(stored -> sum(stored.key()) + "  " + stored.key() + "\n")
                .collect(Collectors.joining());
        client.put(key(backup), lines.getBytes(StandardCharsets.UTF_8));
    }

    private String sum(String key) {
        InputStream stream = client.open(key).orElseThrow(() -> new StartFailure("The object " + key + " is missing."));
        try (DigestInputStream digest = new DigestInputStream(stream, MessageDigest.getInstance("SHA-256"))) {
            digest.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.getMessageDigest().digest());
        } catch (IOException e) {
            throw new StartFailure("The object " + key + " cannot be read whole: " + e.getMessage() + ".", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String key(Backup backup) {
        return FOLDER + backup.id() + ".sha256";
    }
}
