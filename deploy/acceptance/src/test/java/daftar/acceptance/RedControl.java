package daftar.acceptance;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * A migration that the linter refuses, and how it is undone.
 *
 * @param name what it does wrong
 * @param expected what it is judged guilty of, whatever else it does
 * @param lockTimeout of each attempt; zero for none
 * @param statements each in a transaction of its own
 */
record RedControl(String name, Finding expected, Duration lockTimeout, List<String> statements, List<String> undo) {

    private static final String COMMENT = """
            COMMENT ON COLUMN usage_reservations.service_name IS 'gdpr: behaviour; which service will be used, null where it was not said; erased with the row'
            """;

    static Stream<RedControl> all() {
        return Stream.of(
                plainIndex(), notNullAtOnce(), renamedColumn(), lockWithoutTimeout(), columnDroppedWhileItIsRead());
    }

    /** As dear as an index of a larger table is, so that it takes its time on a quick machine too. */
    private static RedControl plainIndex() {
        return new RedControl(
                "an index that is not built concurrently",
                Finding.STALL,
                LiveRun.LONGEST_LOCK_TIMEOUT,
                List.of("CREATE INDEX usage_reservations_red ON usage_reservations (" + "sha512(".repeat(24)
                        + "uuid_send(id)" + ")".repeat(24) + ")"),
                List.of("DROP INDEX usage_reservations_red"));
    }

    /** A mere scan of a million rows lasts a moment; people fill the nulls on the way, which writes each row anew. */
    private static RedControl notNullAtOnce() {
        return new RedControl(
                "NOT NULL that is required and filled at once",
                Finding.REWRITE,
                LiveRun.LONGEST_LOCK_TIMEOUT,
                List.of("SET daftar.rewrite_allowed = 'usage.usage_reservations'", """
                        ALTER TABLE usage_reservations
                            ALTER COLUMN session_id TYPE uuid USING coalesce(session_id, id),
                            ALTER COLUMN session_id SET NOT NULL
                        """),
                List.of("ALTER TABLE usage_reservations ALTER COLUMN session_id DROP NOT NULL"));
    }

    private static RedControl renamedColumn() {
        return new RedControl(
                "a column that is renamed",
                Finding.SCHEMA_ERROR,
                LiveRun.LONGEST_LOCK_TIMEOUT,
                List.of("ALTER TABLE usage_reservations RENAME COLUMN service_name TO used_service"),
                List.of("ALTER TABLE usage_reservations RENAME COLUMN used_service TO service_name"));
    }

    private static RedControl lockWithoutTimeout() {
        return new RedControl(
                "a lock that is waited for without a timeout",
                Finding.STALL,
                Duration.ZERO,
                List.of("ALTER TABLE usage_reservations ADD COLUMN remark text"),
                List.of("ALTER TABLE usage_reservations DROP COLUMN remark"));
    }

    private static RedControl columnDroppedWhileItIsRead() {
        return new RedControl(
                "a column that is dropped while it is read",
                Finding.SCHEMA_ERROR,
                LiveRun.LONGEST_LOCK_TIMEOUT,
                List.of("ALTER TABLE usage_reservations DROP COLUMN service_name"),
                List.of("ALTER TABLE usage_reservations ADD COLUMN service_name varchar(50)", COMMENT));
    }

    @Override
    public String toString() {
        return name;
    }
}
