package daftar.local.growth;

import daftar.local.growth.MonthQuery.Cost;
import daftar.local.postgres.PostgresCluster;
import daftar.local.stack.Addresses;
import daftar.local.stack.Secrets;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** Fills a system step by step, and prints after each what a user's month costs. */
public final class Growth {
    private static final int EXECUTIONS = 21;
    private static final int WARM_UP = 300;
    private static final int REQUESTS = 1_000;

    private final Addresses addresses;
    private final Secrets secrets;
    private final PrintStream out;

    /** Of a running system that nothing else uses. */
    public Growth(Addresses addresses, Secrets secrets, PrintStream out) {
        this.addresses = addresses;
        this.secrets = secrets;
        this.out = out;
    }

    private record Step(long rows, Cost cairo, Cost month) {}

    /**
     * Prints a line for each size, and last how the cost grew from the first to the last.
     *
     * @param sizes rows of {@code usage_logs}, ascending
     */
    public void run(List<Long> sizes) throws SQLException, IOException {
        UsageClient client = new UsageClient(addresses, secrets);
        List<Step> steps = new ArrayList<>();
        try (Connection database = DriverManager.getConnection(
                addresses.get("primary"), PostgresCluster.SUPERUSER, secrets.password(PostgresCluster.SUPERUSER))) {
            line(
                    "%d processors, load average %s",
                    Runtime.getRuntime().availableProcessors(),
                    Files.readString(Path.of("/proc/loadavg")).strip());
            line(
                    "a tenth of the rows is the measured user's, all in the month asked for; server: median of %d",
                    EXECUTIONS);
            line("executions, planning included; REST: %d requests one after the other, from the replica%n", REQUESTS);
            line(
                    "%12s %9s %9s %9s | %-27s | %-27s | %s",
                    "rows", "of user", "rows GB", "sums GB", "by day of Cairo", "month of UTC", "from the rows");
            line(
                    "%12s %9s %9s %9s | %6s %6s %6s %6s | %6s %6s %6s %6s | %9s %9s",
                    "", "in month", "", "", "ms", "blocks", "p50", "p99", "ms", "blocks", "p50", "p99", "ms", "blocks");
            Filling filling = new Filling(database);
            for (long rows : sizes) {
                filling.upTo(rows);
                steps.add(measure(database, client, filling.measured(), rows));
            }
        }
        Step first = steps.get(0);
        Step last = steps.get(steps.size() - 1);
        line(
                "%nrows x %.0f: by day of Cairo x %.2f in time and x %.2f in blocks, month of UTC x %.2f and x %.2f",
                (double) last.rows / first.rows,
                last.cairo.millis() / first.cairo.millis(),
                (double) last.cairo.buffers() / first.cairo.buffers(),
                last.month.millis() / first.month.millis(),
                (double) last.month.buffers() / first.month.buffers());
    }

    private Step measure(Connection database, UsageClient client, UUID user, long rows) throws SQLException {
        Cost cairo = MonthQuery.CAIRO_BY_DAY.cost(database, user, EXECUTIONS);
        Cost month = MonthQuery.UTC_MONTH.cost(database, user, EXECUTIONS);
        Cost rowByRow = MonthQuery.FROM_THE_ROWS.cost(database, user, 1);
        double[] cairoOverHttp = client.latencies(MonthQuery.CAIRO_BY_DAY, user, WARM_UP, REQUESTS);
        double[] monthOverHttp = client.latencies(MonthQuery.UTC_MONTH, user, WARM_UP, REQUESTS);
        line(
                "%12d %9d %9.2f %9.2f | %6.2f %6d %6.1f %6.1f | %6.2f %6d %6.1f %6.1f | %9.1f %9d",
                rows,
                rows / 10,
                gigabytes(
                        database,
                        "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('usage.usage_logs')"),
                gigabytes(database, "SELECT pg_total_relation_size('usage.usage_rollups')"),
                cairo.millis(),
                cairo.buffers(),
                percentile(cairoOverHttp, 50),
                percentile(cairoOverHttp, 99),
                month.millis(),
                month.buffers(),
                percentile(monthOverHttp, 50),
                percentile(monthOverHttp, 99),
                rowByRow.millis(),
                rowByRow.buffers());
        return new Step(rows, cairo, month);
    }

    private static double gigabytes(Connection database, String sql) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1) / 1e9;
        }
    }

    private static double percentile(double[] sorted, int percent) {
        return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    private void line(String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
