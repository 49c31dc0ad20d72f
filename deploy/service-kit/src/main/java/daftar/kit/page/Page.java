package daftar.kit.page;

import jakarta.annotation.Nullable;
import java.util.List;
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
}
