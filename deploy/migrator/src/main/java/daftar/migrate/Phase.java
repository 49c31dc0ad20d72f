package daftar.migrate;

import java.util.Locale;

/** When a change of the schema runs, seen from the release that needs it. */
public enum Phase {
    /** Before the roll-out: what the present release does not notice. */
    EXPAND,
    /** During or after the roll-out: rows that are already there get what new ones have. */
    BACKFILL,
    /** After the roll-out, once no instance of the former release is left: what nobody uses any more goes. */
    CONTRACT,
    /** The three of them in turns until nothing is left; for a machine on which nothing else runs. */
    ALL;

    /** As it stands in a script's header and on the command line. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
