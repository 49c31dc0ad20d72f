package daftar.local.backup;

import daftar.local.postgres.Database;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a restored database must answer before anybody relies on it: every page and index sound, every reference met, every
 * slice at its version, and neither less nor more than what was there at its moment.
 */
final class Verification {
    /** A commit's time and its heartbeat's lie this far apart at most. */
    private static final Duration COMMIT = Duration.ofSeconds(1);

    private final Connection restored;
    private final Optional<Connection> primary;
    private final Instant moment;

    /**
     * Asks nothing yet.
     *
     * @param restored a superuser's connection to the restored database
     * @param primary the running system; without it a restore is held against itself alone
     */
    Verification(Connection restored, Optional<Connection> primary, Instant moment) {
        this.restored = restored;
        this.primary = primary;
        this.moment = moment;
    }

    List<Check> run() {
        List<Check> checks = new ArrayList<>();
        checks.add(check("heartbeats", this::heartbeats));
        checks.add(check("rows_and_sums", this::rowsAndSums));
        checks.add(check("flyway_versions", this::flywayVersions));
        checks.add(check("tables_and_indexes", this::tablesAndIndexes));
        checks.add(check("foreign_keys", this::foreignKeys));
        return checks;
    }

    private interface Question {
        Check ask() throws SQLException;
    }

    private static Check check(String name, Question question) {
        try {
            return question.ask();
        } catch (SQLException e) {
            return Check.failed(name, "the server answers " + e.getSQLState() + ": " + e.getMessage());
        }
    }

    private Check heartbeats() throws SQLException {
        Instant day = moment.minus(Duration.ofDays(1));
        List<Instant> have = Heartbeats.between(restored, day, moment.plus(Duration.ofDays(365)));
        if (have.stream().anyMatch(beat -> beat.isAfter(moment))) {
            return Check.failed("heartbeats", "there are commits from after the moment");
        }
        Set<Instant> missing = new HashSet<>();
        if (primary.isPresent()) {
            missing.addAll(Heartbeats.between(primary.get(), day, moment.minus(COMMIT)));
            have.forEach(missing::remove);
        }
        return missing.isEmpty()
                ? Check.passed("heartbeats", have.size() + " of the last day, none missing, none from after the moment")
                : Check.failed("heartbeats", missing.size() + " commits from before the moment are missing");
    }

    private Check rowsAndSums() throws SQLException {
        List<Census.Entry> now = new Census().count(restored);
        Map<String, Census.Entry> before = byTable(Census.lastBefore(restored, moment.minus(COMMIT)));
        Map<String, Census.Entry> after =
                primary.isPresent() ? byTable(Census.firstAfter(primary.get(), moment)) : Map.of();
        int compared = 0;
        for (Census.Entry entry : now) {
            Census.Entry low = before.get(entry.table());
            Census.Entry high = after.get(entry.table());
            if (low == null || (high != null && low.deletedRows() != high.deletedRows())) {
                continue;
            }
            compared++;
            for (Map.Entry<String, BigDecimal> total : entry.totals().entrySet()) {
                BigDecimal least = low.totals().getOrDefault(total.getKey(), BigDecimal.ZERO);
                BigDecimal most =
                        high == null ? total.getValue() : high.totals().getOrDefault(total.getKey(), least);
                if (total.getValue().compareTo(least) < 0 || total.getValue().compareTo(most) > 0) {
                    return Check.failed(
                            "rows_and_sums",
                            entry.table() + ": " + total.getKey() + " is " + total.getValue() + ", not between " + least
                                    + " and " + most);
                }
            }
        }
        return Check.passed(
                "rows_and_sums",
                compared + " of " + now.size() + " tables lie between their counts" + " before and after the moment");
    }

    private Check flywayVersions() throws SQLException {
        List<String> versions = new ArrayList<>();
        for (String slice : Database.SLICES) {
            List<String> have = migrations(restored, slice);
            if (primary.isPresent() && !have.equals(migrations(primary.get(), slice))) {
                return Check.failed("flyway_versions", slice + "'s migrations are not those of its history");
            }
            versions.add(slice + " " + have.size());
        }
        return Check.passed("flyway_versions", "migrations: " + String.join(", ", versions));
    }

    /** Version and checksum of each migration that had run by the moment. */
    private List<String> migrations(Connection connection, String slice) throws SQLException {
        List<String> migrations = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet table =
                    statement.executeQuery("SELECT to_regclass('" + slice + ".flyway_schema_history') IS NULL")) {
                if (table.next() && table.getBoolean(1)) {
                    return migrations;
                }
            }
            // installed_on is UTC without a zone
            try (ResultSet rows = statement.executeQuery("""
                    SELECT version || ':' || checksum
                    FROM %s.flyway_schema_history
                    WHERE success AND installed_on <= timestamptz '%s' AT TIME ZONE 'UTC'
                    ORDER BY installed_rank""".formatted(slice, moment))) {
                while (rows.next()) {
                    migrations.add(rows.getString(1));
                }
            }
        }
        return migrations;
    }

    /** Reads every page of every table, whose checksums the server compares, and holds every B-tree against its table. */
    private Check tablesAndIndexes() throws SQLException {
        try (Statement statement = restored.createStatement()) {
            statement.execute("CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA public");
            try (ResultSet damage = statement.executeQuery("""
                    SELECT c.oid::regclass::text, h.blkno, h.msg
                    FROM pg_class c,
                         LATERAL public.verify_heapam(c.oid::regclass, on_error_stop => true) h
                    WHERE c.relkind IN ('r', 't', 'm') AND c.relpersistence = 'p'
                    LIMIT 1""")) {
                if (damage.next()) {
                    return Check.failed(
                            "tables_and_indexes",
                            damage.getString(1) + ", block " + damage.getLong(2) + ": " + damage.getString(3));
                }
            }
            try (ResultSet indexes = statement.executeQuery("""
                    SELECT count(*), count(public.bt_index_check(c.oid::regclass, true)::text)
                    FROM pg_index i
                    JOIN pg_class c ON c.oid = i.indexrelid
                    JOIN pg_am a ON a.oid = c.relam
                    WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p' AND i.indisready AND i.indisvalid""")) {
                indexes.next();
                return Check.passed("tables_and_indexes", indexes.getLong(1) + " indexes and all tables are sound");
            }
        }
    }

    /** Looks for rows that refer to nothing: what the constraint promises is asked anew of the rows. */
    private Check foreignKeys() throws SQLException {
        Map<String, String> queries = new TreeMap<>();
        try (Statement statement = restored.createStatement();
                ResultSet keys = statement.executeQuery("""
                        SELECT k.conrelid::regclass || '.' || k.conname,
                               format('SELECT 1 FROM ONLY %s a WHERE %s AND NOT EXISTS (SELECT 1 FROM %s b WHERE %s) LIMIT 1',
                                      k.conrelid::regclass,
                                      string_agg(format('a.%I IS NOT NULL', child.attname), ' AND '),
                                      k.confrelid::regclass,
                                      string_agg(format('a.%I = b.%I', child.attname, parent.attname), ' AND '))
                        FROM pg_constraint k
                        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair(child, parent)
                        JOIN pg_attribute child ON child.attrelid = k.conrelid AND child.attnum = pair.child
                        JOIN pg_attribute parent ON parent.attrelid = k.confrelid AND parent.attnum = pair.parent
                        JOIN pg_class c ON c.oid = k.conrelid
                        WHERE k.contype = 'f' AND c.relkind = 'r'
                        GROUP BY k.oid, k.conname, k.conrelid, k.confrelid""")) {
            while (keys.next()) {
                queries.put(keys.getString(1), keys.getString(2));
            }
        }
        for (Map.Entry<String, String> each : queries.entrySet()) {
            try (Statement statement = restored.createStatement();
                    ResultSet orphan = statement.executeQuery(each.getValue())) {
                if (orphan.next()) {
                    return Check.failed("foreign_keys", each.getKey() + " has rows that refer to nothing");
                }
            }
        }
        return Check.passed("foreign_keys", queries.size() + " hold");
    }

    private static Map<String, Census.Entry> byTable(List<Census.Entry> entries) {
        Map<String, Census.Entry> map = new TreeMap<>();
        entries.forEach(entry -> map.put(entry.table(), entry));
        return map;
    }
}
