package daftar.kit.page;

import daftar.kit.problem.Problem;
import jakarta.annotation.Nullable;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/**
 * One page of a list.
 *
 * @param items the rows
 * @param nextCursor what to send as {@code cursor} for the next page; null on the last one
 */
public record Page<T>(List<T> items, @Nullable String nextCursor) {

    /**
     * Cuts a page from rows that were asked for with one more than the page's size, which tells whether
     * there is a next page.
     */
    public static <T> Page<T> of(List<T> oneMore, int size, Function<T, Cursor> cursor) {
        if (oneMore.size() <= size) {
            return new Page<>(List.copyOf(oneMore), null);
        }
        List<T> items = List.copyOf(oneMore.subList(0, size));
        return new Page<>(items, cursor.apply(items.get(size - 1)).toString());
    }

    /**
     * Where a list goes on: after the row with this time and id. Opaque to callers, checked when it comes
     * back, and good for any list that is ordered by a time and an id.
     *
     * @param time the last row's time, to the microsecond; one that PostgreSQL has
     * @param id the last row's id, which tells rows of the same time apart
     */
    public record Cursor(Instant time, UUID id) {

        private static final int BYTES = Long.BYTES + Integer.BYTES + 2 * Long.BYTES;

        /** PostgreSQL's times end long before Java's, and nothing here was recorded outside of these. */
        private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

        /**
         * Reads a cursor that an earlier page ended with.
         *
         * @throws io.quarkiverse.resteasy.problem.HttpProblem 400 when it is none of ours
         */
        public static Cursor parse(String text) {
            try {
                ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
                if (bytes.remaining() == BYTES) {
                    Cursor read = new Cursor(
                            Instant.ofEpochSecond(bytes.getLong(), bytes.getInt()),
                            new UUID(bytes.getLong(), bytes.getLong()));
                    // a text that we would not have written so is not ours, nor is a time that no row can have
                    if (read.toString().equals(text)
                            && !read.time.isBefore(Instant.EPOCH)
                            && !read.time.isAfter(LATEST)) {
                        return read;
                    }
                }
            } catch (IllegalArgumentException | DateTimeException | ArithmeticException notOurs) {
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
}
