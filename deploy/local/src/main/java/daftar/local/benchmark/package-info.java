/**
 * How fast usage-service counts, beside what PostgreSQL itself can take: {@code usage-service/benchmark}. It measures a
 * running system, whose processes are not its own, so that the processor time of each can be told apart.
 */
package daftar.local.benchmark;
