package daftar.analytics.profile;

import daftar.analytics.streak.Streak;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The table {@code learning_profiles}, written: new answers are counted on top of what stands there, and
 * a concept for which one comes late is counted anew from {@code interactions}. The caller holds the
 * learner's lock and has a transaction open.
 */
@ApplicationScoped
public class ProfileUpdates {

    private static final String BEFORE = """
            SELECT p.subject, p.concept, p.mastery_score, p.total_interactions, p.streak_days,
                   last.id, last.correct, last.occurred_at, last.local_date,
                   (SELECT max(i.local_date)
                    FROM interactions i
                    WHERE i.user_id = p.user_id AND i.subject = p.subject AND i.concept = p.concept
                      AND i.occurred_at >= last.occurred_at - interval '2 days') AS last_date
            FROM unnest($2::text[], $3::text[]) AS wanted (subject, concept)
            JOIN learning_profiles p
                ON p.user_id = $1 AND p.subject = wanted.subject AND p.concept = wanted.concept
            CROSS JOIN LATERAL (
                SELECT i.id, i.correct, i.occurred_at, i.local_date
                FROM interactions i
                WHERE i.user_id = p.user_id AND i.subject = p.subject AND i.concept = p.concept
                ORDER BY i.occurred_at DESC, i.id DESC
                LIMIT 1) AS last
            """;

    private static final String REPLAY = """
            SELECT i.subject, i.concept, i.id, i.correct, i.occurred_at, i.local_date
            FROM unnest($2::text[], $3::text[]) AS wanted (subject, concept)
            JOIN interactions i ON i.user_id = $1 AND i.subject = wanted.subject AND i.concept = wanted.concept
            ORDER BY i.subject, i.concept, i.occurred_at, i.id
            """;

    private static final String UPSERT = """
            INSERT INTO learning_profiles AS p
                (user_id, subject, concept, mastery_score, last_interaction, total_interactions, streak_days)
            SELECT $1, n.subject, n.concept, n.mastery_score, n.last_interaction, n.total_interactions, n.streak_days
            FROM unnest($2::text[], $3::text[], $4::float8[], $5::timestamp[], $6::int[], $7::int[])
                AS n (subject, concept, mastery_score, last_interaction, total_interactions, streak_days)
            ON CONFLICT (user_id, subject, concept) DO UPDATE
                SET mastery_score = excluded.mastery_score,
                    last_interaction = excluded.last_interaction,
                    total_interactions = excluded.total_interactions,
                    streak_days = excluded.streak_days
            RETURNING p.id, p.subject, p.concept,
                      (SELECT i.time_zone
                       FROM interactions i
                       WHERE i.user_id = $1
                       ORDER BY i.occurred_at DESC, i.id DESC
                       LIMIT 1) AS time_zone
            """;

    private final Clock clock;

    @Inject
    ProfileUpdates(Clock clock) {
        this.clock = clock;
    }

    /** Where the learner stands with these concepts; one that is new to the learner is absent. */
    public Uni<Map<Concept, Progress>> before(SqlConnection connection, UUID userId, Collection<Concept> concepts) {
        return connection.preparedQuery(BEFORE).execute(keys(userId, concepts)).map(rows -> {
            Map<Concept, Progress> progress = new HashMap<>();
            rows.forEach(row -> progress.put(concept(row), progress(row)));
            return progress;
        });
    }

    /**
     * Counts answers that have just been inserted into {@code interactions}.
     *
     * @param before what {@link #before} said before they were inserted
     * @param added the new answers, none of them empty, in any order
     * @return the changed profiles, in the order of subject and concept
     */
    public Uni<List<Profile>> count(
            SqlConnection connection, UUID userId, Map<Concept, Progress> before, Map<Concept, List<Answer>> added) {
        if (added.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        Map<Concept, Progress> after = new HashMap<>();
        List<Concept> late = new ArrayList<>();
        added.forEach((concept, answers) -> {
            Progress known = before.get(concept);
            if (known != null && answers.stream().anyMatch(known::isPast)) {
                late.add(concept);
            } else {
                after.put(
                        concept,
                        Progress.after(
                                known, answers.stream().sorted(Answer.ORDER).toList()));
            }
        });
        return replay(connection, userId, late).invoke(after::putAll).chain(() -> upsert(connection, userId, after));
    }

    private static Uni<Map<Concept, Progress>> replay(
            SqlConnection connection, UUID userId, Collection<Concept> concepts) {
        if (concepts.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return connection.preparedQuery(REPLAY).execute(keys(userId, concepts)).map(rows -> {
            Map<Concept, Progress> progress = new HashMap<>();
            rows.forEach(row ->
                    progress.compute(concept(row), (concept, before) -> Progress.after(before, List.of(answer(row)))));
            return progress;
        });
    }

    private Uni<List<Profile>> upsert(SqlConnection connection, UUID userId, Map<Concept, Progress> after) {
        List<Concept> concepts = List.copyOf(after.keySet());
        List<Progress> progress = concepts.stream().map(after::get).toList();
        Tuple parameters = Tuple.newInstance(io.vertx.sqlclient.Tuple.of(
                userId,
                concepts.stream().map(Concept::subject).toArray(String[]::new),
                concepts.stream().map(Concept::concept).toArray(String[]::new),
                progress.stream().map(Progress::masteryScore).toArray(Double[]::new),
                progress.stream()
                        .map(one -> LocalDateTime.ofInstant(one.last().occurredAt(), ZoneOffset.UTC))
                        .toArray(LocalDateTime[]::new)));
        parameters.addArrayOfInteger(
                progress.stream().map(Progress::totalInteractions).toArray(Integer[]::new));
        parameters.addArrayOfInteger(
                progress.stream().map(one -> one.streak().days()).toArray(Integer[]::new));
        return connection.preparedQuery(UPSERT).execute(parameters).map(rows -> {
            List<Profile> profiles = new ArrayList<>();
            rows.forEach(row -> profiles.add(profile(row, userId, after.get(concept(row)))));
            profiles.sort(java.util.Comparator.comparing(Profile::subject).thenComparing(Profile::concept));
            return profiles;
        });
    }

    private Profile profile(Row row, UUID userId, Progress progress) {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneId.of(row.getString("time_zone")));
        return new Profile(
                row.getUUID("id"),
                userId,
                row.getString("subject"),
                row.getString("concept"),
                progress.masteryScore(),
                progress.last().occurredAt(),
                progress.totalInteractions(),
                progress.streak().days(),
                progress.streak().daysAsOf(today));
    }

    private static Tuple keys(UUID userId, Collection<Concept> concepts) {
        return Tuple.of(
                userId,
                concepts.stream().map(Concept::subject).toArray(String[]::new),
                concepts.stream().map(Concept::concept).toArray(String[]::new));
    }

    private static Concept concept(Row row) {
        return new Concept(row.getString("subject"), row.getString("concept"));
    }

    private static Answer answer(Row row) {
        return new Answer(
                row.getUUID("id"),
                row.getBoolean("correct"),
                row.getOffsetDateTime("occurred_at").toInstant(),
                row.getLocalDate("local_date"));
    }

    private static Progress progress(Row row) {
        return new Progress(
                row.getDouble("mastery_score"),
                row.getInteger("total_interactions"),
                new Streak(row.getInteger("streak_days"), row.getLocalDate("last_date")),
                answer(row));
    }
}
