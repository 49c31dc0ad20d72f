/** What learners did: answers to exercises, each counted once for ever, never changed. */
package daftar.analytics.interaction;
