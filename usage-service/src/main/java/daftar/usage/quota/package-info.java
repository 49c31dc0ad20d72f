/** What each user may use in a period, as billing tells it, and what of it is used and reserved. */
package daftar.usage.quota;
