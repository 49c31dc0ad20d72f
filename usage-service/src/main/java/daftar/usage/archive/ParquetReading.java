package daftar.usage.archive;

import com.jerolba.carpet.CarpetParquetReader;
import com.jerolba.carpet.FieldMatchingStrategy;
import jakarta.annotation.Nullable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.LocalDateTime;
import java.util.UUID;
import org.apache.parquet.filter2.compat.FilterCompat;
import org.apache.parquet.filter2.predicate.FilterApi;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.api.Binary;

/**
 * Reads the archive's Parquet files by parquet-java: another reader than DuckDB, which wrote them, so that one cannot
 * hide what the other does wrong. Blocks: never on an event loop.
 */
final class ParquetReading {

    /** A row as it is stored; names and types are the file's. */
    record StoredRow(UUID keyId, LocalDateTime timestamp, Binary content) {}

    /** What is done with each row. */
    interface Reader {
        void row(UUID keyId, LocalDateTime timestamp, byte[] content) throws IOException;
    }

    private ParquetReading() {}

    /**
     * Reads the rows in the file's order.
     *
     * @param keyId whose rows alone; row groups without them are not fetched. Null means everybody's
     * @throws DamagedFile when the file is none of ours
     */
    static void read(InputFile file, @Nullable UUID keyId, Reader reader) throws IOException {
        FilterCompat.Filter filter = keyId == null ? FilterCompat.NOOP : FilterCompat.get(of(keyId));
        try (ParquetReader<StoredRow> rows = CarpetParquetReader.builder(file, StoredRow.class)
                .fieldMatchingStrategy(FieldMatchingStrategy.SNAKE_CASE)
                .withFilter(filter)
                .build()) {
            for (StoredRow row = rows.read(); row != null; row = rows.read()) {
                reader.row(row.keyId, row.timestamp, row.content.getBytes());
            }
        } catch (RuntimeException damaged) {
            throw new DamagedFile("a stored file cannot be read as Parquet", damaged);
        }
    }

    private static org.apache.parquet.filter2.predicate.FilterPredicate of(UUID keyId) {
        byte[] bytes = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(keyId.getMostSignificantBits())
                .putLong(keyId.getLeastSignificantBits())
                .array();
        return FilterApi.eq(FilterApi.binaryColumn("key_id"), Binary.fromConstantByteArray(bytes));
    }
}
