/**
 * Backups of the database, restores of it to a moment, and the drill that proves them. Barman Cloud makes, ships and fetches;
 * what is here decides when, from which backup and to where, and checks what came back. {@code deploy/docs/BACKUP_RESTORE.md}
 * is the runbook.
 */
package daftar.local.backup;
