/**
 * What a learner masters, one profile a concept.
 *
 * <p>A profile is a function of the interactions with its concept in the order of {@code (occurred_at,
 * id)} and of nothing else: in whichever order they arrive, it ends the same, to the last bit.
 */
package daftar.analytics.profile;
