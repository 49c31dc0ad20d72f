package daftar.usage.ingest;

import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Events that were not written: their users are unknown, or an event with their id has counted before.
 *
 * @param digests of what has counted before, by id; null as long as it has not been asked for, and where it has none
 */
record Unwritten(Set<UUID> ofUnknownUsers, Map<UUID, UUID> digests) {

    static final Unwritten NONE = new Unwritten(Set.of(), Map.of());

    boolean isEmpty() {
        return ofUnknownUsers.isEmpty() && digests.isEmpty();
    }

    static Unwritten of(RowSet<Row> rows) {
        Unwritten unwritten = new Unwritten(new HashSet<>(), new HashMap<>());
        for (Row row : rows) {
            if (row.getBoolean("user_known")) {
                unwritten.digests.put(row.getUUID("id"), null);
            } else {
                unwritten.ofUnknownUsers.add(row.getUUID("id"));
            }
        }
        return unwritten;
    }

    boolean isWritten(UUID id) {
        return !digests.containsKey(id) && !ofUnknownUsers.contains(id);
    }

    UUID[] withoutDigest() {
        return digests.entrySet().stream()
                .filter(entry -> entry.getValue() == null)
                .map(Map.Entry::getKey)
                .toArray(UUID[]::new);
    }
}
