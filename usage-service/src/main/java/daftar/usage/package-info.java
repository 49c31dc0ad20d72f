/**
 * What was used: the book that every event of topic {@code usage-events} is written into once, however
 * often it is sent.
 *
 * <ul>
 *   <li>{@code ingest}: takes the events, once each
 *   <li>{@code price}: what a unit costs the platform, and so an event
 *   <li>{@code correction}: what was put right after it had counted
 *   <li>{@code log}: keeps the rows of {@code usage_logs}
 *   <li>{@code archive}: keeps the rows of months that are long over, outside of the database
 *   <li>{@code rollup}: adds them up, and tells what a user used
 *   <li>{@code quota}: keeps what a user may use in a period, and what of it is used and reserved
 *   <li>{@code reservation}: promises parts of that before they are used
 *   <li>{@code alert}: tells when much of it is used
 * </ul>
 */
package daftar.usage;
