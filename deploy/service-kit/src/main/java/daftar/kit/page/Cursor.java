package daftar.kit.page;

import daftar.kit.problem.Problem;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/**
 * Where a list goes on: after the row with this time and id. Opaque to callers, checked when it comes
 * back, and good for any list that is ordered by a time and an id.
 *
 * @param time the last row's time, to the microsecond
 * @param id the last row's id, which tells rows of the same time apart
 */
public record Cursor(Instant time, UUID id) {

    private static final int BYTES = Long.BYTES + Integer.BYTES + 2 * Long.BYTES;

    /**
     * Reads a cursor that an earlier page ended with.
     *
     * @throws io.quarkiverse.resteasy.problem.HttpProblem 400 when it is none of ours
     */
    public static Cursor parse(String text) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            if (bytes.remaining() == BYTES) {
                return new Cursor(
                        Instant.ofEpochSecond(bytes.getLong(), bytes.getInt()),
                        new UUID(bytes.getLong(), bytes.getLong()));
            }
        } catch (IllegalArgumentException | java.time.DateTimeException notOurs) {
            // answered below, as any other text that is no cursor
        }
        throw Problem.MALFORMED_REQUEST.because(
                "The cursor is not one that a page ended with.",
                List.of(new Problem.FieldError("", "cursor: leave it out to begin at the first page")));
    }

    @Override
    public String toString() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES)
                .putLong(time.getEpochSecond())
                .putInt(time.getNano())
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }
}
