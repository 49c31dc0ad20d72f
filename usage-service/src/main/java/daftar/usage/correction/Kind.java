package daftar.usage.correction;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** How a correction puts an event right. */
public enum Kind {
    /** It counts as if it had never been. */
    @JsonProperty("void")
    VOID,
    /** It counts with other amounts. */
    @JsonProperty("adjust")
    ADJUST;

    /** The name in the table, in JSON and in events. */
    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
