package daftar.local.replay;

import daftar.local.replay.TrafficFile.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Which user and which session each row of the file belongs to. The same file and number of users give the same plan for
 * ever, down to every id, so that a second replay sends the same events again.
 *
 * @param name the file's first eight hex digits and the number of users: other users would be another plan, with ids of its
 *     own
 * @param users how many
 * @param events one a row, in the file's order
 */
record ReplayPlan(String name, int users, List<Event> events) {
    private static final int ROWS_A_SESSION = 10;
    private static final int NAME_DIGITS = 8;

    /**
     * One usage event before its user's id is known.
     *
     * @param id the event's id, also its row's in {@code usage_logs}
     * @param user index from 0
     */
    record Event(UUID id, int user, UUID session, Row row) {}

    static ReplayPlan of(TrafficFile file, int users) {
        String name = file.sha256().substring(0, NAME_DIGITS) + "-" + users;
        String urn = "urn:daftar:replay:" + file.sha256() + ":" + users;
        int[] rowsOfUser = new int[users];
        List<Event> events = new ArrayList<>(file.rows().size());
        for (Row row : file.rows()) {
            UUID id = NamedId.of(urn + ":row:" + row.number());
            // the id is a hash already: its last bits spread the rows evenly, without order
            int user = (int) Long.remainderUnsigned(id.getLeastSignificantBits() & 0xFFFFFFFFFFFFL, users);
            int session = rowsOfUser[user]++ / ROWS_A_SESSION;
            events.add(new Event(id, user, NamedId.of(urn + ":user:" + user + ":session:" + session), row));
        }
        return new ReplayPlan(name, users, List.copyOf(events));
    }

    String source() {
        return "urn:daftar:replay:" + name;
    }

    String email(int user) {
        return "replay-%s-%03d@replay.daftar.localhost".formatted(name, user + 1);
    }

    /** Rows and tokens that each user must come out with, by index. */
    List<Tally> tallies() {
        long[] rows = new long[users];
        long[] tokens = new long[users];
        for (Event event : events) {
            rows[event.user()]++;
            tokens[event.user()] += event.row().tokensUsed();
        }
        List<Tally> tallies = new ArrayList<>(users);
        for (int user = 0; user < users; user++) {
            tallies.add(new Tally(rows[user], tokens[user]));
        }
        return tallies;
    }
}
