/**
 * How long each table of a service keeps its rows: the schedule, which is the service's resource {@code retention.json}, and
 * the job that deletes by it. {@link daftar.retention.Retention} is where to start reading.
 */
package daftar.retention;
