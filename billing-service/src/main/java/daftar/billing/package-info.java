/**
 * What is owed: plans, who subscribed to them, and what was used in each billing period.
 *
 * <ul>
 *   <li>{@code plan}: what can be subscribed to
 *   <li>{@code subscription}: who subscribed to what, and the calendar of billing periods
 *   <li>{@code usage}: adds up topic {@code usage-events} by local day
 *   <li>{@code statement}: what the current period holds
 * </ul>
 */
package daftar.billing;
