package daftar.consent.decision;

import daftar.kit.outbox.Outbox;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** The table {@code guardian_consents}: appended to and read, never changed. */
@ApplicationScoped
class Decisions {

    private static final String LOCK = """
            SELECT pg_advisory_xact_lock(hashtextextended($1, 0))
            """;

    private static final String RECORD = """
            INSERT INTO guardian_consents
                (user_id, guardian_email, consent_type, consent_given, consent_timestamp, legal_text_hash, ip_address)
            VALUES ($1, $2, $3::text, $4,
                    greatest($5::timestamp,
                             (SELECT max(consent_timestamp) + interval '1 microsecond'
                              FROM guardian_consents
                              WHERE user_id = $1 AND consent_type = $3::text)),
                    $6, $7::text::inet)
            RETURNING id, user_id, consent_type, consent_given, consent_timestamp, legal_text_hash, guardian_email,
                      host(ip_address) AS ip_address
            """;

    private static final String CURRENT = """
            SELECT DISTINCT ON (consent_type)
                   id, user_id, consent_type, consent_given, consent_timestamp, legal_text_hash, guardian_email,
                   host(ip_address) AS ip_address
            FROM guardian_consents
            WHERE user_id = $1
            ORDER BY consent_type, consent_timestamp DESC, id DESC
            """;

    private static final String HISTORY = """
            SELECT id, user_id, consent_type, consent_given, consent_timestamp, legal_text_hash, guardian_email,
                   host(ip_address) AS ip_address
            FROM guardian_consents
            WHERE user_id = $1
              AND ($2::text IS NULL OR consent_type = $2)
              AND ($3::timestamp IS NULL OR (consent_timestamp, id) < ($3, $4::uuid))
            ORDER BY consent_timestamp DESC, id DESC
            LIMIT $5
            """;

    private static final String ONE = """
            SELECT id, user_id, consent_type, consent_given, consent_timestamp, legal_text_hash, guardian_email,
                   host(ip_address) AS ip_address
            FROM guardian_consents
            WHERE user_id = $1 AND id = $2
            """;

    private final Reads reads;
    private final Outbox outbox;
    private final Clock clock;

    @Inject
    Decisions(Reads reads, Outbox outbox, Clock clock) {
        this.reads = reads;
        this.outbox = outbox;
        this.clock = clock;
    }

    /**
     * Records a decision at the present time, in the transaction of the connection.
     *
     * <p>Decisions about the same child wait for each other, and a later one of a type always gets a later
     * time, by a microsecond where the clocks of two instances disagree or stand still. So a withdrawal
     * that was recorded after a consent is the state, whichever instance recorded it, and the event that
     * goes with it holds all that was decided before.
     *
     * @return the decision; fails with SQLSTATE 23503 when there is no such user
     */
    Uni<Decision> record(SqlConnection connection, UUID userId, NewDecision decision) {
        return lock(connection, userId)
                .chain(() -> insert(connection, userId, decision))
                .call(recorded -> ConsentEvents.state(connection, userId, recorded.consentTimestamp())
                        .flatMap(state -> outbox.append(connection, List.of(state))));
    }

    /** The newest decision of each type, by type. */
    Uni<List<Decision>> current(UUID userId) {
        return reads.read(connection ->
                connection.preparedQuery(CURRENT).execute(Tuple.of(userId)).map(Decisions::decisions));
    }

    /**
     * A page of the decisions, newest first.
     *
     * @param consentType only this type; null for all
     * @param after where the page before it ended; null for the first
     */
    Uni<Page<Decision>> history(UUID userId, @Nullable String consentType, @Nullable Cursor after, int limit) {
        Tuple parameters = Tuple.newInstance(io.vertx.sqlclient.Tuple.of(
                userId,
                consentType,
                after == null ? null : utc(after.time()),
                after == null ? null : after.id(),
                limit + 1));
        return reads.read(connection ->
                        connection.preparedQuery(HISTORY).execute(parameters).map(Decisions::decisions))
                .map(oneMore -> Page.of(oneMore, limit, Decision::cursor));
    }

    /** One decision of this user. */
    Uni<Optional<Decision>> find(UUID userId, UUID id) {
        return reads.read(connection -> connection
                .preparedQuery(ONE)
                .execute(Tuple.of(userId, id))
                .map(rows -> decisions(rows).stream().findFirst()));
    }

    private static Uni<?> lock(SqlConnection connection, UUID userId) {
        return connection.preparedQuery(LOCK).execute(Tuple.of("guardian_consents " + userId));
    }

    private Uni<Decision> insert(SqlConnection connection, UUID userId, NewDecision decision) {
        Tuple parameters = Tuple.newInstance(io.vertx.sqlclient.Tuple.of(userId, decision.guardianEmail())
                .addString(decision.consentType())
                .addBoolean(decision.consentGiven())
                .addLocalDateTime(utc(clock.instant()))
                .addString(decision.legalTextHash())
                .addString(decision.ipAddress()));
        return connection
                .preparedQuery(RECORD)
                .execute(parameters)
                .map(rows -> decision(rows.iterator().next()));
    }

    private static LocalDateTime utc(Instant time) {
        return LocalDateTime.ofInstant(time.truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC);
    }

    private static List<Decision> decisions(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(Decisions::decision)
                .toList();
    }

    private static Decision decision(Row row) {
        return new Decision(
                row.getUUID("id"),
                row.getUUID("user_id"),
                row.getString("consent_type"),
                row.getBoolean("consent_given"),
                row.getLocalDateTime("consent_timestamp").toInstant(ZoneOffset.UTC),
                row.getString("legal_text_hash"),
                row.getString("guardian_email"),
                row.getString("ip_address"));
    }
}
