/** Parts of an allowance that are promised before they are used, and settled with what was used. */
package daftar.usage.reservation;
