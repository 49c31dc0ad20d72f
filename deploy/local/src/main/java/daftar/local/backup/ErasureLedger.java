package daftar.local.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import daftar.local.StartFailure;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Who was erased and when, outside the database: one object an erasure, added and never changed. A backup that is older than
 * an erasure brings the person back; this says whom a restore has to erase again.
 *
 * <p>An object's key is {@code erasures/<user id>.json}, its text {@code {"user_id":"…","erased_at":"…"}} with an RFC 3339 time
 * in UTC. The id is all that is kept: it is random, it means nothing once the person's rows are gone, and a digest of it could
 * not be searched for in tables that hold the id itself. Once no backup from before the erasure is left, the entry goes too.
 */
final class ErasureLedger {
    private static final String FOLDER = "erasures/";

    private final StoreClient client;

    ErasureLedger(StoreClient client) {
        this.client = client;
    }

    /**
     * One erasure.
     *
     * @param userId of {@code identity.users}
     * @param erasedAt when it was complete in every slice
     */
    record Entry(UUID userId, Instant erasedAt) {}

    /** Adds an erasure; a second time changes nothing that matters. */
    void append(Entry entry) {
        client.put(
                key(entry),
                "{\"user_id\":\"%s\",\"erased_at\":\"%s\"}\n"
                        .formatted(entry.userId(), entry.erasedAt())
                        .getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Every erasure in the ledger. All of them are replayed whatever the moment of a restore: erasing twice is harmless, and
     * the clocks of who wrote the entry and of the database need not agree.
     *
     * @throws StartFailure when an entry cannot be read: a restore that leaves one out would bring a person back
     */
    List<Entry> entries() {
        return client.list(FOLDER).stream().map(stored -> read(stored.key())).toList();
    }

    /** Deletes entries of erasures from before this moment. */
    void forgetBefore(Instant moment) {
        entries().stream()
                .filter(entry -> entry.erasedAt().isBefore(moment))
                .forEach(entry -> client.delete(key(entry)));
    }

    /** How long an entry stays after the last backup that could need it: a backup is deleted only when the next one is made. */
    static Duration kept(int retentionDays) {
        return Duration.ofDays(retentionDays + 7L);
    }

    private Entry read(String key) {
        byte[] text = client.get(key).orElseThrow(() -> new StartFailure("The entry " + key + " has gone."));
        try {
            JsonNode entry = JsonMapper.builder().build().readTree(text);
            return new Entry(
                    UUID.fromString(entry.path("user_id").asText()),
                    Instant.parse(entry.path("erased_at").asText()));
        } catch (JsonProcessingException e) {
            throw new StartFailure("The ledger's entry " + key + " is no JSON: correct it.", e);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new StartFailure("The ledger's entry " + key + " lacks a user's id or a time: correct it.", e);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String key(Entry entry) {
        return FOLDER + entry.userId() + ".json";
    }
}
