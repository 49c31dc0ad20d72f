package daftar.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;

/**
 * Runs back-fills, each from where it stopped. Between two batches it lets the service work for as long as the share of
 * time says, and waits until every replica has replayed what it wrote, so that it makes none fall behind by more than a
 * batch.
 */
final class Backfills {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final Slice slice;
    private final Settings settings;
    private final Report report;
    private final Connection connection;

    /** @param connection of the owner role, in autocommit */
    Backfills(Slice slice, Settings settings, Report report, Connection connection) {
        this.slice = slice;
        this.settings = settings;
        this.report = report;
        this.connection = connection;
    }

    /** Whether a back-fill has gone over all rows. */
    boolean isFinished(String name) throws SQLException {
        return hasTable() && checkpoint(name).map(Checkpoint::finished).orElse(false);
    }

    /**
     * Runs one to its end.
     *
     * @return whether there was anything to do
     */
    boolean run(Backfill backfill) throws SQLException {
        ensureTable();
        note("""
                INSERT INTO backfills (name, started_at, updated_at) VALUES (?, now(), now())
                ON CONFLICT (name) DO NOTHING""", backfill.name());
        Checkpoint checkpoint = checkpoint(backfill.name()).orElseThrow();
        if (checkpoint.finished()) {
            return false;
        }
        settings.log.accept("back-fill " + backfill.name() + " begins after "
                + checkpoint.position().map(position -> "row " + position).orElse("nothing"));
        Progress progress = new Progress();
        boolean finished = false;
        try {
            while (!finished) {
                long began = System.nanoTime();
                Optional<Backfill.Batch> batch = batch(backfill);
                finished = batch.isEmpty();
                if (!finished) {
                    progress.add(batch.get());
                    rest(backfill, progress, System.nanoTime() - began);
                }
            }
        } finally {
            report.backfilled(new Report.RunBackfill(
                    backfill.name(), progress.rows, progress.batches, progress.lagPauses, finished));
        }
        settings.log.accept("back-fill " + backfill.name() + " is done: " + progress.rows + " rows in "
                + progress.batches + " batches");
        return true;
    }

    /** One batch with its note in one transaction, tried again by the ladder where rows are locked. */
    private Optional<Backfill.Batch> batch(Backfill backfill) {
        Holder holder = new Holder();
        settings.transactionalLadder.climb(
                "back-fill " + backfill.name(),
                lockTimeout -> holder.batch = inTransaction(backfill, lockTimeout),
                () -> {},
                settings.pause,
                settings.random,
                settings.log);
        return holder.batch;
    }

    private Optional<Backfill.Batch> inTransaction(Backfill backfill, Duration lockTimeout) {
        try {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = '" + lockTimeout.toMillis() + "ms'");
                statement.execute("SET LOCAL statement_timeout = '" + Script.STATEMENT_TIMEOUT.toMillis() + "ms'");
                Optional<String> position =
                        checkpoint(backfill.name()).orElseThrow().position();
                Optional<Backfill.Batch> batch = backfill.next(connection, position, settings.rowsPerBatch);
                if (batch.isPresent()) {
                    note("""
                            UPDATE backfills SET position = ?, rows = rows + ?, batches = batches + 1, updated_at = now()
                            WHERE name = ?""", batch.get().lastKey(), batch.get().rows(), backfill.name());
                } else {
                    note("""
                            UPDATE backfills SET finished_at = now(), updated_at = now() WHERE name = ?""", backfill.name());
                }
                connection.commit();
                return batch;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("Back-fill " + backfill.name() + " failed: " + e.getMessage(), e);
        }
    }

    private void rest(Backfill backfill, Progress progress, long workedNanos) throws SQLException {
        long pause = Math.round((double) workedNanos * (1 / settings.timeShareOfBackfill - 1));
        settings.pause.of(Duration.ofNanos(Math.min(pause, LONGEST_PAUSE.toNanos())));
        Replicas replicas = new Replicas(connection, settings.pause);
        String position = Replicas.position(connection);
        if (replicas.isBehind(position)) {
            progress.lagPauses++;
            if (!replicas.haveReplayed(position, settings.replicaLagOfBackfill)) {
                throw new MigrationStopped(
                        ExitCode.REFUSED,
                        "Back-fill " + backfill.name()
                                + " stopped, for a replica has not replayed its last batch within "
                                + settings.replicaLagOfBackfill.toSeconds()
                                + " s: bring the replica back and run it again, it goes on where it stopped.");
            }
        }
    }

    private boolean hasTable() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result =
                        statement.executeQuery("SELECT to_regclass(current_schema() || '.backfills') IS NOT NULL")) {
            result.next();
            return result.getBoolean(1);
        }
    }

    /** The migrator's own table, as the history is Flyway's; the application has no part in it. */
    private void ensureTable() throws SQLException {
        if (hasTable()) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("""
                    CREATE TABLE backfills (
                        name        text        NOT NULL,
                        position    text,
                        rows        bigint      NOT NULL DEFAULT 0,
                        batches     bigint      NOT NULL DEFAULT 0,
                        started_at  timestamptz NOT NULL,
                        updated_at  timestamptz NOT NULL,
                        finished_at timestamptz,
                        CONSTRAINT backfills_pkey PRIMARY KEY (name)
                    );
                    COMMENT ON TABLE backfills IS 'How far each back-fill came: the migrator''s own, changed with each batch in its transaction.';
                    COMMENT ON COLUMN backfills.position IS 'Key of the last row that was gone over; null at the beginning.';
                    COMMENT ON COLUMN backfills.finished_at IS 'When there was nothing left; null until then.';
                    """);
            statement.execute("REVOKE ALL ON backfills FROM " + statement.enquoteIdentifier(slice.application(), true));
            connection.commit();
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private Optional<Checkpoint> checkpoint(String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT position, finished_at IS NOT NULL FROM backfills WHERE name = ?")) {
            statement.setString(1, name);
            try (ResultSet result = statement.executeQuery()) {
                return result.next()
                        ? Optional.of(new Checkpoint(Optional.ofNullable(result.getString(1)), result.getBoolean(2)))
                        : Optional.empty();
            }
        }
    }

    private void note(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            statement.executeUpdate();
        }
    }

    private record Checkpoint(Optional<String> position, boolean finished) {}

    private static final class Holder {
        private Optional<Backfill.Batch> batch = Optional.empty();
    }

    private static final class Progress {
        private long rows;
        private long batches;
        private long lagPauses;

        private void add(Backfill.Batch batch) {
            rows += batch.rows();
            batches++;
        }
    }
}
