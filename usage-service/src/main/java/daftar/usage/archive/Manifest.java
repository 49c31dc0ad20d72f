package daftar.usage.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import daftar.usage.log.UsageLog;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;

/**
 * What one part of the archive consists of; lies beside its files, as JSON.
 *
 * @param schemaVersion of the files and of this document, {@link #SCHEMA_VERSION}
 * @param table {@code usage_logs}
 * @param month its first day, in UTC
 * @param part from 1; the parts of a month have no row in common
 * @param attempt from 1; see {@code usage_archives.attempt}
 * @param totals of all files together
 * @param files sorted by key and time, over all of them
 */
record Manifest(
        int schemaVersion, String table, LocalDate month, int part, int attempt, Totals totals, List<DataFile> files) {

    /**
     * Version 1: columns {@code key_id} (UUID, the user's key), {@code timestamp} (microseconds, UTC) and {@code content}
     * ({@link DataKey#seal}).
     */
    static final int SCHEMA_VERSION = 1;

    static final String TABLE = "usage_logs";

    /** Reads what it writes: names as columns have them, times as RFC 3339 has them. */
    static final JsonMapper JSON = JsonMapper.builder()
            .findAndAddModules()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .build();

    /**
     * One Parquet file.
     *
     * @param key where it lies in the bucket
     * @param bytes its length
     * @param sha256 hexadecimal
     * @param firstKeyId smallest {@code key_id} in it, compared byte by byte
     * @param lastKeyId largest
     */
    record DataFile(String key, long bytes, String sha256, long rows, UUID firstKeyId, UUID lastKeyId) {

        /** Whether rows of the key can be in it. */
        boolean canHold(UUID keyId) {
            return UsageLog.compareIds(firstKeyId, keyId) <= 0 && UsageLog.compareIds(keyId, lastKeyId) <= 0;
        }
    }

    Manifest {
        files = List.copyOf(files);
    }

    static Manifest read(String json) throws JsonProcessingException {
        return JSON.readValue(json, Manifest.class);
    }

    String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest can always be written as JSON", e);
        }
    }

    /** The size of all files. */
    long bytes() {
        return files.stream().mapToLong(DataFile::bytes).sum();
    }
}
