package daftar.local.postgres;

import daftar.local.StartFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Lets the replica take the place of a primary that dies, without losing anything that was acknowledged. While the replica
 * follows, a commit is acknowledged when it is on both disks, and only then may the replica be promoted. While it does not
 * follow, the primary works alone, and is started again where it dies. Used by one thread.
 */
public final class Failover {
    /**
     * Whether the replica follows closely, whether commits wait for it, how far the log is, and whether the replica has it on
     * its disk up to a place.
     */
    private static final String FOLLOWS = """
            SELECT pg_current_wal_flush_lsn() - r.flush_lsn < 16 * 1024 * 1024 AS near,
                   r.sync_state = 'quorum' AS awaited,
                   pg_current_wal_flush_lsn()::text AS flushed,
                   coalesce(r.flush_lsn >= ?::pg_lsn, false) AS has_all
            FROM pg_stat_replication AS r
            WHERE r.application_name = ? AND r.state = 'streaming'
            """;

    private static final Duration LIMIT = Duration.ofSeconds(3);

    private final PostgresCluster cluster;
    private final Runnable beforePromotion;
    private final Consumer<String> say;
    private Phase phase = Phase.ALONE;

    /** Whether the primary's settings have commits wait; stays so until it was told otherwise. */
    private boolean waits;

    /** Where the log was when commits began to wait for the replica; null before. */
    private String beginning;

    /** What was last said of a promotion that does not succeed; empty if nothing. */
    private String trouble = "";

    /** Whom a commit waits for. */
    private enum Phase {
        /** Nobody. */
        ALONE,
        /** The replica, which may still lack what was acknowledged before. */
        JOINING,
        /** The replica, which has everything that was acknowledged. */
        TOGETHER
    }

    /**
     * Of a cluster that has been started; begins with the first {@link #look()}.
     *
     * @param beforePromotion what has to be known before a replica is promoted: the dead primary may have kept log from the
     *     archive, which is not whole from here on
     * @param say is told what a person should know
     */
    public Failover(PostgresCluster cluster, Runnable beforePromotion, Consumer<String> say) {
        this.cluster = cluster;
        this.beforePromotion = beforePromotion;
        this.say = say;
    }

    /** Whether the replica has everything that was acknowledged, and will. */
    public boolean isReady() {
        return phase == Phase.TOGETHER;
    }

    /** Has commits wait for a replica that follows, and not wait for one that does not. */
    public void look() {
        if (!cluster.primary().isRunning()) {
            return;
        }
        if (!promoted()) {
            return;
        }
        try (Connection connection = cluster.superuser("postgres", LIMIT)) {
            look(connection);
        } catch (SQLException e) {
            // starting, overloaded or frozen: whoever watches its process knows whether it is dead
        }
    }

    /** A promotion that does not succeed is tried again at each look, and told of once: the rest of the system goes on. */
    private boolean promoted() {
        try {
            cluster.finishPromotion();
            trouble = "";
            return true;
        } catch (StartFailure e) {
            if (!trouble.equals(e.getMessage())) {
                say.accept(e.getMessage());
            }
            trouble = e.getMessage();
            return false;
        }
    }

    private void look(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FOLLOWS)) {
            statement.setString(1, beginning);
            statement.setString(2, ServerSettings.SLOT);
            try (ResultSet replica = statement.executeQuery()) {
                if (!replica.next()) {
                    workAlone(connection);
                } else if (phase == Phase.ALONE && replica.getBoolean("near")) {
                    beginning = null;
                    waits = true;
                    phase = Phase.JOINING;
                    cluster.synchronous(true, connection);
                } else if (phase == Phase.JOINING && replica.getBoolean("awaited")) {
                    join(replica);
                }
            }
        }
    }

    /** What was acknowledged before the wait began is told from what was acknowledged after it by a place in the log. */
    private void join(ResultSet replica) throws SQLException {
        if (beginning == null) {
            beginning = replica.getString("flushed");
        } else if (replica.getBoolean("has_all")) {
            phase = Phase.TOGETHER;
            say.accept("commits wait for the replica, which can take the primary's place");
        }
    }

    /** The decision first: once commits do not wait any more, the replica must not be promoted. */
    private void workAlone(Connection connection) throws SQLException {
        phase = Phase.ALONE;
        if (waits) {
            cluster.synchronous(false, connection);
            waits = false;
            say.accept("the replica does not follow; the primary works alone");
        }
    }

    /** Gives the cluster a primary again, after it has died. */
    public void replacePrimary() {
        boolean promotes = phase == Phase.TOGETHER && cluster.replica().isRunning();
        phase = Phase.ALONE;
        waits = false;
        if (promotes) {
            long begin = System.nanoTime();
            beforePromotion.run();
            cluster.promote();
            say.accept("the replica was promoted in " + (System.nanoTime() - begin) / 1_000_000
                    + " ms; the primary answers on " + cluster.primary().port());
        } else {
            cluster.startPrimary();
        }
    }

    /** Gives the cluster a replica again, after it has died or was the primary that died. */
    public void replaceReplica() {
        if (!cluster.primary().isRunning()) {
            return;
        }
        try (Connection connection = cluster.superuser("postgres", LIMIT)) {
            workAlone(connection);
        } catch (SQLException e) {
            throw new StartFailure(
                    "The primary, which a replica is made of, does not answer: " + e.getMessage() + ".", e);
        }
        cluster.startReplica();
    }
}
