package daftar.usage.archive;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import jakarta.annotation.Nullable;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.UUID;

/**
 * What the archive keeps of a row of {@code usage_logs}, apart from whose it is. All but the time is encrypted there.
 *
 * @param timestamp UTC, to the microsecond; stands beside the encrypted rest
 * @param metadata the JSON text as PostgreSQL writes it
 */
record ArchivedRow(
        UUID id,
        UUID sessionId,
        String serviceName,
        @Nullable Integer tokensUsed,
        @Nullable Integer speechSeconds,
        @JsonIgnore LocalDateTime timestamp,

        @Nullable @JsonFormat(shape = JsonFormat.Shape.STRING)
        BigDecimal costUsd,

        @Nullable String model,
        @Nullable Integer inputTokens,
        @Nullable Integer outputTokens,
        @Nullable String metadata) {

    /** The row without its time as JSON, the same bytes for the same row. */
    byte[] content() {
        try {
            return Manifest.JSON.writeValueAsBytes(this);
        } catch (IOException e) {
            throw new IllegalStateException("a row can always be written as JSON", e);
        }
    }

    /**
     * The row of this time with what {@link #content()} wrote.
     *
     * @throws IOException when it wrote something else
     */
    static ArchivedRow read(LocalDateTime timestamp, byte[] content) throws IOException {
        ArchivedRow row = Manifest.JSON.readValue(content, ArchivedRow.class);
        return new ArchivedRow(
                row.id,
                row.sessionId,
                row.serviceName,
                row.tokensUsed,
                row.speechSeconds,
                timestamp,
                row.costUsd,
                row.model,
                row.inputTokens,
                row.outputTokens,
                row.metadata);
    }
}
