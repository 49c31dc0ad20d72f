/**
 * Plays a file of real traffic through a running system and compares what comes out with what went in: publishes each row
 * as a usage event, waits for both consumers, and holds usage's rows, usage's API and billing's totals against the file.
 */
package daftar.local.replay;
