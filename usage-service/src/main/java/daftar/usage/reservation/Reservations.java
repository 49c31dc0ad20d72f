package daftar.usage.reservation;

import daftar.kit.outbox.Outbox;
import daftar.kit.problem.Problem;
import daftar.usage.quota.Balance;
import daftar.usage.quota.Balances;
import daftar.usage.reservation.Reservation.Outcome;
import daftar.usage.reservation.Reservation.State;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkiverse.resteasy.problem.HttpProblem;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** The rows of {@code usage_reservations}, and what they hold of the balances. */
@Startup // its meters are there from the beginning
@ApplicationScoped
class Reservations {

    /** Reservations that were granted. */
    static final String GRANTED = "daftar_usage_reservations_granted_total";

    /** Reservations that were refused since the allowance is used up. */
    static final String REFUSED = "daftar_usage_reservations_refused_total";

    private static final String COLUMNS = """
            r.id, r.user_id, r.state, r.tokens, r.speech_seconds, r.session_id, r.service_name, r.created_at, r.expires_at
            """;

    /**
     * Reserves if the balance has as much left, in one statement: whoever waits for the balance's row looks again at
     * what the one before has left. An amount of nothing fits also where too much was used.
     */
    private static final String RESERVE = """
            WITH present AS (
                SELECT u.user_id, u.period_end, u.subscription_id
                FROM usage_balances AS u
                WHERE u.user_id = $1
                  AND u.period_end > $2
                  AND u.period_start <= $2
                  AND u.ends_at > $2
                ORDER BY u.sequence DESC
                LIMIT 1
            ),
            reserved AS (
                UPDATE usage_balances AS b
                SET reserved_tokens = b.reserved_tokens + $3,
                    reserved_speech_seconds = b.reserved_speech_seconds + $4
                FROM present AS p
                WHERE b.user_id = p.user_id
                  AND b.period_end = p.period_end
                  AND b.subscription_id = p.subscription_id
                  AND b.ends_at > $2
                  AND b.complete
                  AND (b.usage_limit = 'soft'
                       OR (($3 = 0 OR b.used_tokens + b.reserved_tokens + $3 <= b.included_tokens)
                           AND ($4 = 0 OR b.used_speech_seconds + b.reserved_speech_seconds + $4
                                          <= b.included_speech_seconds)))
                RETURNING b.user_id, b.period_end, b.subscription_id
            )
            INSERT INTO usage_reservations AS r (id, user_id, period_end, subscription_id, tokens, speech_seconds,
                                                 session_id, service_name, created_at, expires_at, changed_at)
            SELECT $5::uuid, b.user_id, b.period_end, b.subscription_id, $3, $4, $6::uuid, $7::varchar, $2, $8::timestamptz, $2
            FROM reserved AS b
            RETURNING\s""" + COLUMNS;

    private static final String ONE = "SELECT " + COLUMNS + """
            FROM usage_reservations AS r
            WHERE r.id = $1
              AND r.user_id = $2
            """;

    private static final String LOCK = ONE + "FOR UPDATE OF r\n";

    private static final String CHANGE = """
            WITH changed AS (
                UPDATE usage_reservations AS r
                SET state = $2, tokens = $3, speech_seconds = $4, session_id = $5, service_name = $6, changed_at = $7
                WHERE r.id = $1
                RETURNING r.user_id, r.period_end, r.subscription_id
            )
            UPDATE usage_balances AS b
            SET reserved_tokens = b.reserved_tokens + $8,
                reserved_speech_seconds = b.reserved_speech_seconds + $9
            FROM changed AS c
            WHERE b.user_id = c.user_id
              AND b.period_end = c.period_end
              AND b.subscription_id = c.subscription_id
            """;

    private final Balances balances;
    private final Outbox outbox;
    private final Counter granted;
    private final Counter refused;

    @Inject
    Reservations(Balances balances, Outbox outbox, MeterRegistry meters) {
        this.balances = balances;
        this.outbox = outbox;
        this.granted = meters.counter(GRANTED);
        this.refused = meters.counter(REFUSED);
    }

    /**
     * Reserves, in the transaction of the connection.
     *
     * @throws HttpProblem 409 when less is left; 503 while it is not known yet what is left
     */
    Uni<Reservation> reserve(SqlConnection connection, UUID userId, NewReservation wanted, Instant time) {
        Instant now = time.truncatedTo(ChronoUnit.MICROS);
        return connection
                .preparedQuery(RESERVE)
                .execute(Tuple.from(new Object[] {
                    userId,
                    utc(now),
                    (long) wanted.tokensWanted(),
                    (long) wanted.secondsWanted(),
                    UUID.randomUUID(),
                    wanted.sessionId(),
                    wanted.serviceName(),
                    utc(now.plusSeconds(wanted.ttlSeconds()))
                }))
                .map(Reservations::first)
                .flatMap(reserved -> reserved.isPresent()
                        ? Uni.createFrom().item(reserved.get()).invoke(() -> granted.increment())
                        : balances.present(connection, userId, now).map(balance -> {
                            throw refusal(balance);
                        }));
    }

    private HttpProblem refusal(Optional<Balance> balance) {
        if (balance.isPresent() && !balance.get().complete()) {
            return Problem.UNAVAILABLE.because("What the user has used is being added up. Try again in a moment.");
        }
        refused.increment();
        return balance.map(present -> Problem.QUOTA_EXCEEDED.because(
                        "Less is left of the allowance.",
                        Map.of(
                                "remaining_tokens",
                                present.remainingTokens(),
                                "remaining_speech_seconds",
                                present.remainingSpeechSeconds(),
                                "period_end",
                                present.periodEnd())))
                .orElseGet(() -> Problem.QUOTA_EXCEEDED.because(
                        "The user has no allowance at present.",
                        Map.of("remaining_tokens", 0, "remaining_speech_seconds", 0)));
    }

    /** One of the user's reservations. */
    Uni<Optional<Reservation>> find(SqlConnection connection, UUID userId, UUID id) {
        return connection.preparedQuery(ONE).execute(Tuple.of(id, userId)).map(Reservations::first);
    }

    /**
     * Settles with what was used, and tells so in the same transaction: the usage counts once that event is read.
     *
     * @throws HttpProblem 404 when there is no such reservation; 409 when it was released, or settled otherwise; 422
     *     when neither says the session and the service
     */
    Uni<Reservation> settle(SqlConnection connection, UUID userId, UUID id, Settlement actual, Instant time) {
        Instant now = time.truncatedTo(ChronoUnit.MICROS);
        return lock(connection, userId, id)
                .invoke(before -> requireNames(before, actual))
                .map(before -> before.settle(actual))
                .flatMap(outcome -> apply(connection, outcome, now)
                        .call(after -> outbox.append(
                                connection,
                                outcome instanceof Outcome.Changed
                                        ? List.of(SettlementEvent.of(after, actual, now))
                                        : List.of())));
    }

    /**
     * Releases what it holds.
     *
     * @throws HttpProblem 404 when there is no such reservation; 409 when it was settled
     */
    Uni<Reservation> release(SqlConnection connection, UUID userId, UUID id, Instant time) {
        return lock(connection, userId, id)
                .flatMap(before -> apply(connection, before.release(), time.truncatedTo(ChronoUnit.MICROS)));
    }

    private static Uni<Reservation> lock(SqlConnection connection, UUID userId, UUID id) {
        return connection
                .preparedQuery(LOCK)
                .execute(Tuple.of(id, userId))
                .map(rows ->
                        first(rows).orElseThrow(() -> Problem.NOT_FOUND.because("This user has no such reservation.")));
    }

    private static Uni<Reservation> apply(SqlConnection connection, Outcome outcome, Instant now) {
        if (outcome instanceof Outcome.Refused refusal) {
            throw Problem.CONFLICT.because(refusal.reason());
        }
        return outcome instanceof Outcome.Changed changed
                ? connection
                        .preparedQuery(CHANGE)
                        .execute(parameters(changed, now))
                        .replaceWith(changed.after())
                : Uni.createFrom().item(((Outcome.Unchanged) outcome).reservation());
    }

    private static Tuple parameters(Outcome.Changed changed, Instant now) {
        Reservation after = changed.after();
        return Tuple.from(new Object[] {
            after.id(),
            after.state().wireName(),
            after.tokens(),
            after.speechSeconds(),
            after.sessionId(),
            after.serviceName(),
            utc(now),
            changed.tokens(),
            changed.speechSeconds()
        });
    }

    /** A usage event has both. */
    private static void requireNames(Reservation before, Settlement actual) {
        List<Problem.FieldError> errors = new ArrayList<>();
        require(errors, "/session_id", before.sessionId(), actual.sessionId());
        require(errors, "/service_name", before.serviceName(), actual.serviceName());
        if (!errors.isEmpty()) {
            throw Problem.INVALID_INPUT.because("See errors for what is wrong and where.", errors);
        }
    }

    private static void require(
            List<Problem.FieldError> errors, String pointer, @Nullable Object reserved, @Nullable Object settled) {
        if (reserved == null && settled == null) {
            errors.add(new Problem.FieldError(pointer, "must be there, since the reservation does not say it"));
        }
    }

    private static Optional<Reservation> first(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(Reservations::read)
                .findFirst();
    }

    private static Reservation read(Row row) {
        return new Reservation(
                row.getUUID("id"),
                row.getUUID("user_id"),
                State.of(row.getString("state")),
                row.getInteger("tokens"),
                row.getInteger("speech_seconds"),
                row.getUUID("session_id"),
                row.getString("service_name"),
                row.get(OffsetDateTime.class, "created_at").toInstant(),
                row.get(OffsetDateTime.class, "expires_at").toInstant());
    }

    private static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }
}
