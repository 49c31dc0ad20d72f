/**
 * What was used: the book that every event of topic {@code usage-events} is written into once, however
 * often it is sent.
 *
 * <ul>
 *   <li>{@code ingest}: takes the events, once each
 *   <li>{@code log}: keeps the rows of {@code usage_logs}
 *   <li>{@code archive}: keeps the rows of months that are long over, outside of the database
 *   <li>{@code rollup}: adds them up, and tells what a user used
 * </ul>
 */
package daftar.usage;
