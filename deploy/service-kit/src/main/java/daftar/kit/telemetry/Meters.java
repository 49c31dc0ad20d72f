package daftar.kit.telemetry;

/** What the kit measures, under the names that Prometheus shows. {@code deploy/docs/OPERATIONS.md} says what each tells. */
public final class Meters {

    /** Which way reads went; tag {@code route}. */
    public static final String READS = "daftar_reads_total";

    /** Bytes of the write-ahead log that the replica had yet to replay at the last probe. */
    public static final String REPLICA_LAG_BYTES = "daftar_replica_lag_bytes";

    /** The replica has everything that the primary had this long ago. Grows while either cannot be reached. */
    public static final String REPLICA_LAG_SECONDS = "daftar_replica_lag_seconds";

    /** 1 while reads go to the replica, else 0. */
    public static final String REPLICA_USABLE = "daftar_replica_usable";

    /** Records taken from Kafka. */
    public static final String INBOX_RECORDS = "daftar_inbox_records_total";

    /** Records that had no effect and lie among the dead letters. */
    public static final String INBOX_DEAD_LETTERS = "daftar_inbox_dead_letters_total";

    /** Dead letters that were neither applied by a trial nor discarded, counted up to 10,000. */
    public static final String DEAD_LETTERS_WAITING = "daftar_dead_letters_waiting";

    /** Events that the broker has. */
    public static final String OUTBOX_PUBLISHED = "daftar_outbox_published_total";

    /** Events that wait in the outbox, counted up to 10,000. */
    public static final String OUTBOX_DEPTH = "daftar_outbox_depth";

    /** Age of the oldest event that waits. */
    public static final String OUTBOX_OLDEST_SECONDS = "daftar_outbox_oldest_seconds";

    private Meters() {}
}
