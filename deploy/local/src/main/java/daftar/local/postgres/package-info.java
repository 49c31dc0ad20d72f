/**
 * PostgreSQL on this machine: a primary and one streaming replica as real processes, the database with its roles and
 * schemas, and the migrations of the slices.
 */
package daftar.local.postgres;
