package daftar.migrate;

import java.util.Arrays;
import java.util.Optional;

/** What keeps a run from beginning. Each can be overridden with a reason, which is logged and reported. */
public enum Guard {
    /** The session is not of the role that owns the schema: what it makes would belong to somebody else. */
    ROLE("role"),
    /** The server is a replica. */
    PRIMARY("primary"),
    /** A pooler lies between: session locks and timeouts would land on anybody's session. */
    POOLER("pooler"),
    /** A transaction has been open for over a minute: the migration would queue behind it, and everybody behind that. */
    LONG_TRANSACTION("long-transaction"),
    /** A replica has not replayed within ten seconds what the primary has just written. */
    REPLICA_LAG("replica-lag"),
    /** A base backup runs: a migration's log would make it longer, and the disk is busy. */
    BASE_BACKUP("base-backup");

    private final String word;

    Guard(String word) {
        this.word = word;
    }

    /** As on the command line and in reports. */
    public String word() {
        return word;
    }

    static Optional<Guard> of(String word) {
        return Arrays.stream(values()).filter(guard -> guard.word.equals(word)).findFirst();
    }
}
