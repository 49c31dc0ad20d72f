/** How likely it is that a learner knows a concept. Plain Java: no framework, no clock, no database. */
package daftar.analytics.mastery;
