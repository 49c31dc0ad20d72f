package daftar.usage.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * Sorts rows by key and time and writes them into Parquet files, by DuckDB, in a folder of their own. Blocks: never on an
 * event loop. What does not fit into memory is sorted on disk.
 */
final class ParquetWriting implements AutoCloseable {

    /** DuckDB's own memory, outside of the JVM's heap. */
    private static final String MEMORY = "256MB";

    /** Some 4 MB: what a question about one user reads. */
    private static final int ROWS_PER_ROW_GROUP = 20_480;

    /** A file as it lies in the folder. */
    record Written(Path path, long rows, UUID firstKeyId, UUID lastKeyId) {}

    private final Path folder;
    private final DuckDBConnection duckdb;
    private final DuckDBAppender appender;
    private long rows;

    /** Begins in an empty folder. */
    ParquetWriting(Path folder) throws SQLException {
        this.folder = folder;
        Properties properties = new Properties();
        properties.setProperty("memory_limit", MEMORY);
        properties.setProperty("threads", "1");
        properties.setProperty("temp_directory", folder.resolve("sorting").toString());
        // Parquet is built in; nothing may be fetched from anywhere
        properties.setProperty("autoinstall_known_extensions", "false");
        properties.setProperty("autoload_known_extensions", "false");
        this.duckdb = DriverManager.getConnection("jdbc:duckdb:" + folder.resolve("rows.duckdb"), properties)
                .unwrap(DuckDBConnection.class);
        execute("""
                CREATE TABLE row (key_id UUID NOT NULL, "timestamp" TIMESTAMP NOT NULL, content BLOB NOT NULL)
                """);
        this.appender = duckdb.createAppender("main", "row");
    }

    void add(UUID keyId, LocalDateTime timestamp, byte[] content) throws SQLException {
        appender.beginRow();
        appender.append(keyId);
        appender.append(timestamp);
        appender.append(content);
        appender.endRow();
        rows++;
    }

    /** Writes the files, in order, each with at most so many rows; none when there was no row. */
    List<Written> finish(int rowsPerFile) throws SQLException, IOException {
        appender.close();
        execute("""
                CREATE TABLE sorted AS
                SELECT key_id, "timestamp", content
                FROM row
                ORDER BY key_id, "timestamp"
                """);
        execute("DROP TABLE row");
        List<Written> files = new ArrayList<>();
        for (long from = 0; from < rows; from += rowsPerFile) {
            files.add(write(from, Math.min(rows, from + rowsPerFile), files.size() + 1));
        }
        return files;
    }

    private Written write(long from, long to, int number) throws SQLException {
        Path path = folder.resolve(number + ".parquet");
        String ofFile = "FROM sorted WHERE rowid >= " + from + " AND rowid < " + to;
        execute("COPY (SELECT key_id, \"timestamp\", content " + ofFile + " ORDER BY rowid) TO '"
                + path.toString().replace("'", "''") + "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE "
                + ROWS_PER_ROW_GROUP + ")");
        try (Statement statement = duckdb.createStatement();
                ResultSet ends = statement.executeQuery("SELECT min(key_id), max(key_id) " + ofFile)) {
            ends.next();
            return new Written(path, to - from, ends.getObject(1, UUID.class), ends.getObject(2, UUID.class));
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = duckdb.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        try {
            appender.close();
        } finally {
            duckdb.close();
        }
    }
}
