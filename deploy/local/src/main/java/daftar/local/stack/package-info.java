/**
 * All parts and the five services together, on one data folder: options, secrets, checks before the start, the order of
 * starting and stopping, and what people see of it.
 */
package daftar.local.stack;
