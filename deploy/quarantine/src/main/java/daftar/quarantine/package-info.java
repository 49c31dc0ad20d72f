/**
 * What a service could not process, over HTTP: to find, to try again once its cause is gone, to discard. The kit's inbox
 * keeps it; a service that has an inbox depends on this module, and thereby has {@code /v1/dead-letters}.
 */
package daftar.quarantine;
