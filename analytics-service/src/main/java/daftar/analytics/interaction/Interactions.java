package daftar.analytics.interaction;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import daftar.analytics.interaction.RecordedInteractions.Recorded;
import daftar.analytics.interaction.RecordedInteractions.Result;
import daftar.analytics.profile.Answer;
import daftar.analytics.profile.Concept;
import daftar.analytics.profile.MasteryEvents;
import daftar.analytics.profile.ProfileUpdates;
import daftar.analytics.profile.Progress;
import daftar.kit.outbox.Outbox;
import daftar.kit.problem.Problem;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** The table {@code interactions}: appended to, never changed. */
@ApplicationScoped
class Interactions {

    private static final String LOCK = """
            SELECT pg_advisory_xact_lock(hashtextextended($1, 0))
            """;

    private static final String INSERT = """
            INSERT INTO interactions (id, user_id, subject, concept, correct, occurred_at, time_zone, local_date)
            SELECT n.id, $1, n.subject, n.concept, n.correct, n.occurred_at, n.time_zone, n.local_date
            FROM unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[], $7::text[], $8::date[])
                AS n (id, subject, concept, correct, occurred_at, time_zone, local_date)
            ON CONFLICT (id) DO NOTHING
            RETURNING id
            """;

    private static final String STORED = """
            SELECT id, user_id, subject, concept, correct, occurred_at, time_zone
            FROM interactions
            WHERE id = ANY ($1::uuid[])
            """;

    private final ProfileUpdates profiles;
    private final Outbox outbox;
    private final Clock clock;

    @Inject
    Interactions(ProfileUpdates profiles, Outbox outbox, Clock clock) {
        this.profiles = profiles;
        this.outbox = outbox;
        this.clock = clock;
    }

    /**
     * Records what is new among the interactions and counts it in the learner's profiles, in the
     * transaction of the connection. Requests about the same learner wait for each other: what one reads of a profile no
     * other changes before it has written it.
     *
     * @return fails with a 409 problem when an id is known with another content, and with SQLSTATE 23503
     *     when there is no such user
     */
    Uni<RecordedInteractions> record(SqlConnection connection, UUID userId, List<Interaction> interactions) {
        Map<UUID, Interaction> distinct = distinct(interactions);
        Set<Concept> concepts = distinct.values().stream().map(Interaction::of).collect(Collectors.toSet());
        return lock(connection, userId)
                .chain(() -> profiles.before(connection, userId, concepts))
                .flatMap(before -> insert(connection, userId, distinct)
                        .call(accepted -> checkKnown(connection, userId, distinct, accepted))
                        .flatMap(accepted -> count(connection, userId, before, distinct, accepted, interactions)))
                .call(recorded ->
                        outbox.append(connection, MasteryEvents.changed(recorded.profiles(), clock.instant())));
    }

    private Uni<RecordedInteractions> count(
            SqlConnection connection,
            UUID userId,
            Map<Concept, Progress> before,
            Map<UUID, Interaction> distinct,
            Set<UUID> accepted,
            List<Interaction> interactions) {
        Map<Concept, List<Answer>> added = accepted.stream()
                .map(distinct::get)
                .collect(groupingBy(Interaction::of, mapping(Interaction::answer, toList())));
        return profiles.count(connection, userId, before, added)
                .map(changed -> new RecordedInteractions(results(interactions, accepted), changed));
    }

    /** In the order of the ids: two requests that insert the same ids then never wait for each other in a circle. */
    private static Map<UUID, Interaction> distinct(List<Interaction> interactions) {
        Map<UUID, Interaction> distinct = new TreeMap<>();
        for (Interaction interaction : interactions) {
            Interaction other = distinct.putIfAbsent(interaction.id(), interaction);
            if (other != null && !other.equals(interaction)) {
                throw conflict();
            }
        }
        return distinct;
    }

    private static Uni<?> lock(SqlConnection connection, UUID userId) {
        return connection.preparedQuery(LOCK).execute(Tuple.of("learning_profiles " + userId));
    }

    /** The ids that were new. */
    private static Uni<Set<UUID>> insert(SqlConnection connection, UUID userId, Map<UUID, Interaction> distinct) {
        Collection<Interaction> all = distinct.values();
        Tuple parameters = Tuple.newInstance(io.vertx.sqlclient.Tuple.of(
                userId,
                all.stream().map(Interaction::id).toArray(UUID[]::new),
                all.stream().map(Interaction::subject).toArray(String[]::new),
                all.stream().map(Interaction::concept).toArray(String[]::new),
                all.stream().map(Interaction::correct).toArray(Boolean[]::new),
                all.stream()
                        .map(one -> one.occurredAt().atOffset(ZoneOffset.UTC))
                        .toArray(OffsetDateTime[]::new)));
        parameters.addArrayOfString(all.stream().map(Interaction::timeZone).toArray(String[]::new));
        parameters.addArrayOfLocalDate(all.stream().map(Interaction::localDate).toArray(LocalDate[]::new));
        return connection.preparedQuery(INSERT).execute(parameters).map(rows -> {
            Set<UUID> accepted = new HashSet<>();
            rows.forEach(row -> accepted.add(row.getUUID("id")));
            return accepted;
        });
    }

    /** What was not inserted must be stored with the very content that came again. */
    private static Uni<?> checkKnown(
            SqlConnection connection, UUID userId, Map<UUID, Interaction> distinct, Set<UUID> accepted) {
        UUID[] known =
                distinct.keySet().stream().filter(id -> !accepted.contains(id)).toArray(UUID[]::new);
        if (known.length == 0) {
            return Uni.createFrom().voidItem();
        }
        return connection
                .preparedQuery(STORED)
                .execute(Tuple.of(known))
                .invoke(rows -> rows.forEach(row -> {
                    Interaction stored = interaction(row);
                    if (!row.getUUID("user_id").equals(userId)
                            || !distinct.get(stored.id()).equals(stored)) {
                        throw conflict();
                    }
                }));
    }

    private static List<Recorded> results(List<Interaction> interactions, Set<UUID> accepted) {
        Set<UUID> counted = new HashSet<>();
        List<Recorded> results = new ArrayList<>(interactions.size());
        for (Interaction interaction : interactions) {
            boolean first = accepted.contains(interaction.id()) && counted.add(interaction.id());
            results.add(new Recorded(interaction.id(), first ? Result.ACCEPTED : Result.DUPLICATE));
        }
        return results;
    }

    private static Interaction interaction(Row row) {
        return new Interaction(
                row.getUUID("id"),
                row.getString("subject"),
                row.getString("concept"),
                row.getBoolean("correct"),
                row.getOffsetDateTime("occurred_at").toInstant(),
                row.getString("time_zone"));
    }

    private static RuntimeException conflict() {
        return Problem.CONFLICT.because("An interaction with this id is known with another content.");
    }
}
