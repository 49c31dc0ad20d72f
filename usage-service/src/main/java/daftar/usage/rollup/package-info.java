/** What each user used, added up by service and by minutes, hours and days of UTC. */
package daftar.usage.rollup;
