/**
 * The archive: months of {@code usage_logs} that are long over leave the database for S3, as Parquet files that are read
 * back and compared before anything is dropped.
 *
 * <p>{@code ArchiveRun} is the way of one part from sealed to dropped; start reading there. What a file holds of a user is
 * encrypted with that user's key ({@code ArchiveKeys}), whose destruction is the user's erasure.
 */
package daftar.usage.archive;
