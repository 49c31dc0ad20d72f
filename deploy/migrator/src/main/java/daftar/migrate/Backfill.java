package daftar.migrate;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Gives rows that are already there what new ones have, in batches along a key. A service writes one, beside what it is
 * about, and names it in {@code META-INF/services/daftar.migrate.Backfill}.
 *
 * <p>Each batch and the note of how far it came commit together: a run that is broken off goes on after the last batch
 * that committed, and no batch has its effect twice.
 */
public interface Backfill {

    /** Its name for ever, lower case with underscores; a contract script refers to it. */
    String name();

    /** The version of the script that must have run before, such as {@code 5}. */
    String after();

    /**
     * Works at the next rows, in the transaction that it is given, which it neither commits nor ends.
     *
     * @param after where the batch before ended; empty at the beginning. The batch begins behind it
     * @param rows how many rows at most
     * @return where the batch ended; empty when there was nothing left
     */
    Optional<Batch> next(Connection connection, Optional<String> after, int rows) throws SQLException;

    /**
     * How far a batch came.
     *
     * @param lastKey key of its last row, as text
     * @param rows how many rows it went over, at least one
     */
    record Batch(String lastKey, long rows) {}
}
