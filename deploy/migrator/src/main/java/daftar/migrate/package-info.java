/**
 * Brings a slice of the database to its newest version without stopping its service: {@link daftar.migrate.Migrator} is
 * the command, {@link daftar.migrate.Migration} the same for a program, {@link daftar.migrate.Backfill} what a service
 * writes for rows that are already there.
 *
 * <p>Plain Java and JDBC: it lies on each service's class path, and no service runs it when it starts.
 */
package daftar.migrate;
