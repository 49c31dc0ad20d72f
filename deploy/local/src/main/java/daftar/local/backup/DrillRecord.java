package daftar.local.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;

/**
 * What one drill found: a line of the history.
 *
 * @param startedAt when it began
 * @param passed whether everything was as it must be
 * @param reason why it failed; empty when it passed
 * @param seed that the moment was drawn with
 * @param moment that was restored; the epoch when it came to none
 * @param backupId the backup that it started from; empty when it came to none
 * @param backupBytes that backup's size in the store
 * @param rpoSeconds what a loss of everything but the store would have cost when the drill began: the age of the newest
 *     commit in the archive; -1 when unknown
 * @param rtoSeconds from the beginning to a verified database with a working service on it; -1 when it came not so far
 * @param unpackingSeconds of that, the backup's unpacking
 * @param replaySeconds of that, the log's replay
 * @param checks what the restored database was asked
 */
record DrillRecord(
        Instant startedAt,
        boolean passed,
        String reason,
        long seed,
        Instant moment,
        String backupId,
        long backupBytes,
        double rpoSeconds,
        double rtoSeconds,
        double unpackingSeconds,
        double replaySeconds,
        List<Check> checks) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Copies the list. */
    DrillRecord {
        checks = List.copyOf(checks);
    }

    /** One line of JSON, without its end. */
    String json() {
        ObjectNode node = JSON.createObjectNode()
                .put("started_at", startedAt.toString())
                .put("passed", passed)
                .put("reason", reason)
                .put("seed", seed)
                .put("moment", moment.toString())
                .put("backup_id", backupId)
                .put("backup_bytes", backupBytes)
                .put("rpo_seconds", rpoSeconds)
                .put("rto_seconds", rtoSeconds)
                .put("unpacking_seconds", unpackingSeconds)
                .put("replay_seconds", replaySeconds);
        checks.forEach(check -> node.withArray("/checks")
                .addObject()
                .put("name", check.name())
                .put("passed", check.passed())
                .put("detail", check.detail()));
        return node.toString();
    }

    /** Reads a line of the history; the checks' details are for people and left out. */
    static DrillRecord parse(String line) throws JsonProcessingException {
        JsonNode node = JSON.readTree(line);
        return new DrillRecord(
                Instant.parse(node.path("started_at").asText()),
                node.path("passed").asBoolean(),
                node.path("reason").asText(),
                node.path("seed").asLong(),
                Instant.parse(node.path("moment").asText()),
                node.path("backup_id").asText(),
                node.path("backup_bytes").asLong(),
                node.path("rpo_seconds").asDouble(),
                node.path("rto_seconds").asDouble(),
                node.path("unpacking_seconds").asDouble(),
                node.path("replay_seconds").asDouble(),
                List.of());
    }
}
