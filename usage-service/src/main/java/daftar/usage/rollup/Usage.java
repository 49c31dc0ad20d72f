package daftar.usage.rollup;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.annotation.Nullable;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What a user used in a range of time.
 *
 * @param from inclusive, a whole minute
 * @param to exclusive, a whole minute
 * @param bucket minute, hour, day or month
 * @param timeZone the IANA zone whose clock and calendar bound the buckets
 * @param buckets those in which something was used, by start and service
 */
record Usage(UUID userId, Instant from, Instant to, String bucket, String timeZone, List<Sum> buckets) {

    /**
     * What was used of one service in one bucket.
     *
     * @param bucketStart the bucket's first instant; of a range that begins within a bucket, earlier than
     *     the range
     * @param serviceName null, and left out, in a sum over all services
     * @param events how many events were added up
     * @param costUsd US dollars with six decimals
     */
    record Sum(
            Instant bucketStart,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String serviceName,

            long events,
            long tokensUsed,
            long speechSeconds,

            @JsonFormat(shape = JsonFormat.Shape.STRING)
            @Schema(type = org.eclipse.microprofile.openapi.annotations.enums.SchemaType.STRING, examples = "0.001250")
            BigDecimal costUsd) {}
}
