package daftar.kit.position;

import daftar.kit.problem.Problem;
import io.vertx.mutiny.sqlclient.Row;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the primary's write-ahead log, taken after a commit: whoever has replayed that far has
 * seen the commit. Carried in the header {@code Daftar-Position} of responses and requests.
 *
 * @param timeline the timeline that the primary wrote; a promotion starts the next one, on which equal
 *     log places no longer mean equal data
 * @param lsn the log sequence number, in bytes
 */
public record Position(int timeline, long lsn) {

    /** The header of requests and responses. */
    public static final String HEADER = "Daftar-Position";

    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})-([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");

    /**
     * Reads the header's form, {@code timeline-lsn}, as in {@code 1-0/16B3748}.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 400 when it is not of that form
     */
    public static Position parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw Problem.MALFORMED_REQUEST.because(
                    "The header Daftar-Position does not hold a position.",
                    List.of(new Problem.FieldError("", "the form is timeline-lsn, as in 1-0/16B3748")));
        }
        long high = Long.parseLong(matcher.group(2), 16);
        long low = Long.parseLong(matcher.group(3), 16);
        return new Position(Integer.parseInt(matcher.group(1)), high << 32 | low);
    }

    /** The position in a row's columns {@code timeline} and {@code lsn}. */
    static Position of(Row row) {
        return new Position(row.getInteger("timeline"), row.getBigDecimal("lsn").longValueExact());
    }

    /** The log sequence number in PostgreSQL's own form. */
    public String lsnText() {
        return String.format(Locale.ROOT, "%X/%X", lsn >>> 32, lsn & 0xFFFFFFFFL);
    }

    /** Whether a server that has replayed up to this position has seen everything up to the other. */
    boolean covers(Position other) {
        return timeline == other.timeline && Long.compareUnsigned(lsn, other.lsn) >= 0;
    }

    @Override
    public String toString() {
        return timeline + "-" + lsnText();
    }
}
