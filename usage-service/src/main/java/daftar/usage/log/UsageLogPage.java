package daftar.usage.log;

import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import jakarta.annotation.Nullable;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One page of rows.
 *
 * @param items the rows
 * @param nextCursor what to send as {@code cursor} for the next page; null on the last one
 * @param archivedMonths months of UTC in the range that are archived, wholly or in part, oldest first: without {@code
 *     archive=true} their archived rows are not in the list
 */
record UsageLogPage(
        List<UsageLog> items,
        @Nullable String nextCursor,

        @Schema(
                description = "Months of UTC in the range that are archived, wholly or in part: without `archive=true` "
                        + "their archived rows are not in the list.",
                examples = "[\"2024-05\"]")
        List<String> archivedMonths) {

    private static final UUID FIRST_ID = new UUID(0, 0);

    /**
     * Cuts a page from the log's rows.
     *
     * @param oneMore newest first, one more than the page's size where there are as many
     */
    static UsageLogPage of(List<UsageLog> oneMore, int size, List<YearMonth> archivedMonths) {
        Page<UsageLog> page = Page.of(oneMore, size, UsageLog::cursor);
        return new UsageLogPage(page.items(), page.nextCursor(), texts(archivedMonths));
    }

    /**
     * Cuts a page from the log's rows and the archive's. A row that is just on its way is in both, and once in the page.
     *
     * @param logged newest first, one more than the page's size where there are as many
     * @param archived likewise
     */
    static UsageLogPage of(
            List<UsageLog> logged, ArchivedUsageLogs.Newest archived, int size, List<YearMonth> archivedMonths) {
        Instant completeFrom = archived.completeFrom();
        List<UsageLog> merged = new ArrayList<>(logged);
        merged.addAll(archived.rows());
        Set<UUID> seen = new HashSet<>();
        List<UsageLog> rows = merged.stream()
                .filter(row -> completeFrom == null || !row.timestamp().isBefore(completeFrom))
                .filter(row -> seen.add(row.id()))
                .sorted(UsageLog.NEWEST_FIRST)
                .limit(size + 1L)
                .toList();
        if (completeFrom != null && rows.size() <= size) {
            return new UsageLogPage(rows, new Cursor(completeFrom, FIRST_ID).toString(), texts(archivedMonths));
        }
        return of(rows, size, archivedMonths);
    }

    private static List<String> texts(List<YearMonth> months) {
        return months.stream().map(YearMonth::toString).toList();
    }
}
