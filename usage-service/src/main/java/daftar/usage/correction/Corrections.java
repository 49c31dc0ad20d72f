package daftar.usage.correction;

import daftar.kit.inbox.Effect.DeadLetter;
import daftar.kit.inbox.Effect.Received;
import daftar.kit.outbox.Outbox;
import daftar.kit.page.Page;
import daftar.kit.page.Page.Cursor;
import daftar.kit.position.Reads;
import daftar.usage.correction.CorrectionInsert.Wanted;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Nullable;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;

/**
 * Puts right what has counted, by rows that are added: the event's own row stays. A correction, what it changes in the
 * roll-ups at the event's own time, and the event that tells of it are committed together.
 */
@ApplicationScoped
public class Corrections {

    private static final String TOPIC = "usage-events";

    private static final String PAGE = """
            SELECT c.id,
                   c.event_id,
                   c.kind,
                   c.service_name,
                   c."timestamp",
                   c.events,
                   c.tokens_used::bigint AS tokens_used,
                   c.speech_seconds::bigint AS speech_seconds,
                   c.cost_usd::text AS cost_usd,
                   c.actor,
                   c.reason,
                   c.recorded_at
            FROM usage_corrections AS c
            WHERE c.user_id = $1
              AND ($2::timestamptz IS NULL OR (c.recorded_at, c.id) < ($2, $3))
            ORDER BY c.recorded_at DESC, c.id DESC
            LIMIT $4
            """;

    private final Pool primary;
    private final Reads reads;
    private final Outbox outbox;

    @Inject
    Corrections(Pool primary, Reads reads, Outbox outbox) {
        this.primary = primary;
        this.reads = reads;
        this.outbox = outbox;
    }

    /**
     * Corrects an event in the connection's transaction, and tells of it; a refusal changes nothing.
     *
     * @return the correction and its outcome; without amounts where it was refused
     */
    Uni<Judged> correct(SqlConnection connection, Wanted wanted) {
        return judge(connection, List.of(wanted))
                .map(judged -> judged.get(wanted.id()))
                .call(judged -> judged.outcome() == Outcome.APPLIED
                        ? outbox.append(connection, List.of(event(wanted.userId(), judged.correction())))
                        : Uni.createFrom().voidItem());
    }

    /**
     * Applies corrections that this service has stated: nearly always they are in the book already. One that is not is
     * judged as any other.
     *
     * @return those that were refused, each with the reason
     */
    public Uni<List<DeadLetter>> apply(List<Received<UsageCorrected>> batch) {
        Map<UUID, Wanted> wanted = new LinkedHashMap<>();
        batch.forEach(received -> wanted.putIfAbsent(received.event().correctionId(), wanted(received.event())));
        return primary.withTransaction(connection -> connection
                        .preparedQuery(CorrectionInsert.LOCK)
                        .execute(CorrectionInsert.events(wanted.values()))
                        .chain(() -> judgeInTurn(connection, rounds(wanted.values()))))
                .map(outcomes -> deadLetters(batch, outcomes));
    }

    /** Of one event's corrections each is judged with those before it. */
    private static List<List<Wanted>> rounds(Iterable<Wanted> corrections) {
        List<List<Wanted>> rounds = new ArrayList<>();
        Map<UUID, Integer> next = new HashMap<>();
        for (Wanted wanted : corrections) {
            int round = next.merge(wanted.eventId(), 1, Integer::sum) - 1;
            if (round == rounds.size()) {
                rounds.add(new ArrayList<>());
            }
            rounds.get(round).add(wanted);
        }
        return rounds;
    }

    private static Uni<Map<UUID, Outcome>> judgeInTurn(SqlConnection connection, List<List<Wanted>> rounds) {
        return Multi.createFrom()
                .iterable(rounds)
                .onItem()
                .transformToUniAndConcatenate(round -> execute(connection, round))
                .collect()
                .in(
                        HashMap::new,
                        (outcomes, rows) -> rows.forEach(row -> outcomes.put(row.getUUID("id"), outcome(row))));
    }

    private static List<DeadLetter> deadLetters(List<Received<UsageCorrected>> batch, Map<UUID, Outcome> outcomes) {
        return batch.stream()
                .filter(received ->
                        !outcomes.get(received.event().correctionId()).isEffective())
                .map(received -> new DeadLetter(
                        received.record(),
                        outcomes.get(received.event().correctionId()).reason()))
                .toList();
    }

    private static Uni<Map<UUID, Judged>> judge(SqlConnection connection, List<Wanted> wanted) {
        return connection
                .preparedQuery(CorrectionInsert.LOCK)
                .execute(CorrectionInsert.events(wanted))
                .chain(() -> execute(connection, wanted))
                .map(rows -> {
                    Map<UUID, Judged> judged = new HashMap<>();
                    rows.forEach(row -> judged.put(row.getUUID("id"), judged(row)));
                    return judged;
                });
    }

    private static Uni<RowSet<Row>> execute(SqlConnection connection, List<Wanted> round) {
        return connection.preparedQuery(CorrectionInsert.SQL).execute(CorrectionInsert.columns(round));
    }

    /** A user's corrections, the latest first. */
    Uni<Page<Correction>> page(UUID userId, @Nullable Cursor after, int limit) {
        Tuple parameters = Tuple.of(
                userId,
                after == null ? null : after.time().atOffset(ZoneOffset.UTC),
                after == null ? null : after.id(),
                limit + 1);
        return reads.read(connection -> connection.preparedQuery(PAGE).execute(parameters))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(Corrections::correction)
                        .toList())
                .map(rows -> Page.of(rows, limit, Correction::cursor));
    }

    /** A correction and what came of it. */
    record Judged(Outcome outcome, @Nullable Correction correction) {}

    private static Judged judged(Row row) {
        Outcome outcome = outcome(row);
        return new Judged(outcome, outcome == Outcome.APPLIED ? correction(row) : null);
    }

    private static Outcome outcome(Row row) {
        return Outcome.parse(row.getString("outcome"));
    }

    private static Correction correction(Row row) {
        return new Correction(
                row.getUUID("id"),
                row.getUUID("event_id"),
                Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
                row.getString("service_name"),
                row.getLocalDateTime("timestamp").toInstant(ZoneOffset.UTC),
                row.getInteger("events"),
                row.getLong("tokens_used").intValue(),
                row.getLong("speech_seconds").intValue(),
                new BigDecimal(row.getString("cost_usd")),
                row.getString("actor"),
                row.getString("reason"),
                row.get(OffsetDateTime.class, "recorded_at").toInstant());
    }

    private static Outbox.Event event(UUID userId, Correction correction) {
        return new Outbox.Event(
                TOPIC,
                userId,
                UsageCorrected.TYPE,
                correction.recordedAt(),
                new UsageCorrected(
                        correction.id(),
                        correction.eventId(),
                        userId,
                        correction.kind(),
                        correction.serviceName(),
                        correction.timestamp(),
                        correction.events(),
                        correction.tokensUsed(),
                        correction.speechSeconds(),
                        correction.costUsd(),
                        correction.actor(),
                        correction.reason(),
                        correction.recordedAt()));
    }

    private static Wanted wanted(UsageCorrected event) {
        return new Wanted(
                event.correctionId(),
                event.eventId(),
                event.userId(),
                event.kind(),
                event.tokensUsed(),
                event.speechSeconds(),
                event.costUsd().toPlainString(),
                event.actor(),
                event.reason(),
                event.recordedAt());
    }
}
