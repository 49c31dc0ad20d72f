/** On how many days in a row a learner worked. Plain Java: no framework, no clock, no database. */
package daftar.analytics.streak;
