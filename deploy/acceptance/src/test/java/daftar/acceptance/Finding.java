package daftar.acceptance;

/** What a migration of a running system can be guilty of. */
enum Finding {
    /** A request was not answered as it must be. */
    FAILED_REQUESTS,
    /** A session of the service waited behind the migration for longer than a lock timeout allows. */
    STALL,
    /** A statement of a release that runs named what is not there, or its plan broke. */
    SCHEMA_ERROR,
    /** The rows were written anew, all under one lock. */
    REWRITE,
    /** It did not end in its time. */
    ENDLESS,
    /** An invalid index or a constraint that was never checked is left. */
    LEFT_UNFINISHED
}
