/**
 * What all five services share, and nothing else: one small technical library that knows no service.
 *
 * <ul>
 *   <li>{@code access}: who may call an endpoint
 *   <li>{@code problem}: how a request fails
 *   <li>{@code position}: reads from the replica that are never older than what the caller has seen
 *   <li>{@code inbox}: events from Kafka, with their effect exactly once
 *   <li>{@code database}: pools within the connection budget
 *   <li>{@code request}: repeating a request, basing a change on a version, following it through the logs
 *   <li>{@code page}: lists by keyset
 *   <li>{@code telemetry}: names of metrics, and traces through Kafka
 * </ul>
 */
package daftar.kit;
