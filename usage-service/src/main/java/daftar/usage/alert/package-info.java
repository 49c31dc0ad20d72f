/** Thresholds of allowances that were crossed, each told once. */
package daftar.usage.alert;
