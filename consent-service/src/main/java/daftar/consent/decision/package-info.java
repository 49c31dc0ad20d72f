/**
 * Guardians' decisions about a child, one row each, never changed.
 *
 * <p>A guardian allows, refuses or withdraws one type of processing; the newest decision of a user and
 * type is the state. Decisions of one user and type are strictly ordered by their time: see {@link
 * daftar.consent.decision.Decisions#record}.
 */
package daftar.consent.decision;
